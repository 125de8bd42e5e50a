"""Values of the JOSE standards and of Project Wycheproof (C2SP/wycheproof, json_web_encryption_test.json)."""

from __future__ import annotations

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, derive_private_key
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from gatepost.crypto import base64url


def private_key(jwk: Mapping[str, str]) -> EllipticCurvePrivateKey | X25519PrivateKey:
    """The private key that a standard prints as a JWK. The product reads no private JWK."""
    secret = base64url.decode(jwk["d"])
    if jwk["kty"] == "OKP":
        return X25519PrivateKey.from_private_bytes(secret)
    return derive_private_key(int.from_bytes(secret, "big"), SECP256R1())


# RFC 7518 appendix C

RFC7518_C_ALICE = {
    "kty": "EC",
    "crv": "P-256",
    "x": "gI0GAILBdu7T53akrFmMyGcsF3n5dO7MmwNBHKW5SV0",
    "y": "SLW_xSffzlPWrHEVI30DHM_4egVwt3NQqeUD7nMFpps",
    "d": "0_NxaRPUMQoAJt50Gz8YiTr8gRTwyEaCumd-MToTmIo",
}
RFC7518_C_BOB = {
    "kty": "EC",
    "crv": "P-256",
    "x": "weNJy2HscCSM6AEDTDg04biOvhFhyyWvOHQfeF_PxMQ",
    "y": "e8lnCO-AlStT-NJVX-crhB7QRYhiix03illJOVAOyck",
    "d": "VEmDZpDXXK8p8N0Cndsxs924q6nS1RXFASRl6BfUqdw",
}
RFC7518_C_SECRET = bytes.fromhex("9e56d91d817135d372834283bf84269cfb316ea3da806a48f6daa7798cfe90c4")
RFC7518_C_KEY = "VqqN6vgjbSBcIijNcacQGg"

# RFC 7520 section 5.5: ECDH-ES on P-256

RFC7520_5_5_RECIPIENT = {
    "kty": "EC",
    "crv": "P-256",
    "x": "Ze2loSV3wrroKUN_4zhwGhCqo3Xhu1td4QjeQ5wIVR0",
    "y": "HlLtdXARY_f55A3fnzQbPcm6hgr34Mp8p-nuzQCE0Zw",
    "d": "r_kHyZ-a06rmxM3yESK84r1otSg-aQcVStkRhA-iCM8",
}
RFC7520_5_5_EPHEMERAL = {
    "kty": "EC",
    "crv": "P-256",
    "x": "mPUKT_bAWGHIhg0TpjjqVsP1rXWQu_vwVOHHtNkdYoA",
    "y": "8BQAsImGeAS46fyWw5MhYfGTT0IjBpFw2SS34Dv4Irs",
    "d": "AtH35vJsQ9SGjYfOsjUxYXQKrPH3FjZHmEtSKoSN8cM",
}
RFC7520_5_5_KEY = "hzHdlfQIAEehb8Hrd_mFRhKsKLEzPfshfXs9l6areCc"

# Wycheproof

WYCHEPROOF_MESSAGE = b"foo"
WYCHEPROOF_SHARED_KEY = "W1vBUI1-5HARc-qyT8hcYBt6q9sFNsztBrhlbl9W2CA"
WYCHEPROOF_29_A256KW = (
    "eyJhbGciOiJBMjU2S1ciLCJlbmMiOiJBMjU2R0NNIn0.0uzdircIKEX1LKM-NK5jyBQ0c5WW4tBZCwI3B6X07fSB67IX7h9SIw"
    "._dL_tfX7vZyBAnYz._NcT.MY4RukMeEmU1VlcJ1i7Q4w"
)
WYCHEPROOF_32_A256KW_WITH_CBC = (
    "eyJhbGciOiJBMjU2S1ciLCJlbmMiOiJBMjU2Q0JDLUhTNTEyIn0"
    ".Zb7Z8u44_Nnd9SQKxi6BPsP7yPCzWFLGTDuyUM46AETtmtTarKAHBLKO1ZThz70T9yymfn7JosxoQg5oOc53spAhsEqbPSNG"
    ".ZAmMwpq3EcAAgdgQUJHRjQ.AnAwPVfCW_tnBg1BUyjW7Q.FHOq5MaCidCukksGL3VPWdS2yp98pXVxfMY_MTw2Djw"
)
WYCHEPROOF_66_ECDH_ES_A256KW = (
    "eyJhbGciOiJFQ0RILUVTK0EyNTZLVyIsImVuYyI6IkEyNTZHQ00iLCJlcGsiOnsia3R5IjoiRUMiLCJ4IjoiZmthakNjbWtpNl9WS1Vod0RoSy04"
    "UUx1dUlMNXZ5ZWJTZFpodl9WNU1VRSIsInkiOiJHOWNLWXY3SEpsU25qaURVa1NpdGxGMHhOQ3pUa2lBckF5SDBJQjhmbTBNIiwiY3J2IjoiUC0y"
    "NTYifX0.QzD31OLn2rtz5XrYOaoXGY7pEZSAilF5Rt803bBTSVmJrtgSGCkmIQ.1mXV01hr3YNY3qn3.qew8.FMn9UC2hIRlk62PIp3T8jg"
)
WYCHEPROOF_78_ECDH_ES = (
    "eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTI1NkdDTSIsImVwayI6eyJrdHkiOiJFQyIsIngiOiJVVG5YNXUtdFBIdG1pOEFpN0gxV3dXODl2RG5F"
    "c2lpVkdtNkU2Z2l0d3hZIiwieSI6InhKN296QjdDYzZpcWtTYnJXMDRvTUZDNEFMWE9Sd1VzTTBvdUZjcU55QUkiLCJjcnYiOiJQLTI1NiJ9fQ"
    "..iNb-34xvFG8M4MI5.6RXw.EBpJ0EC39zNuSyZqSFMlvw"
)
WYCHEPROOF_51_POINT_OFF_THE_CURVE = {
    "kty": "EC",
    "crv": "P-256",
    "x": "gTli65eTQ7z-Bh147ff8K3m7k2UiDiG2LpYkWAaFJCc",
    "y": "cLAnjKa4bzjD7DJVPwa9EPrRzMG7rONgsiUD-kf30Fs",
}
