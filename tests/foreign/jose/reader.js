// Seals and opens JWE with jose, as asked on stdin in JSON; the answer goes to stdout in JSON.

import { readFileSync } from "node:fs";
import { CompactEncrypt, compactDecrypt, importJWK } from "jose";

const asked = JSON.parse(readFileSync(0, "utf8"));
const sealed = [];
const opened = [];

for (const { algorithm, key, message } of asked.seal) {
  const header = { alg: algorithm, enc: "A256GCM", kid: key.kid };
  const plaintext = new TextEncoder().encode(message);
  sealed.push(await new CompactEncrypt(plaintext).setProtectedHeader(header).encrypt(await importJWK(key, algorithm)));
}
for (const { algorithm, key, token } of asked.open) {
  const { plaintext } = await compactDecrypt(token, await importJWK(key, algorithm));
  opened.push(new TextDecoder().decode(plaintext));
}
process.stdout.write(JSON.stringify({ sealed, opened }));
