"""Fixes: from what rules propose to edits that leave every other byte of the files as it was, and the proof of them.

`plan` brings the changes of several findings together, `splice` turns them into edits of the text, `proof` tries them
before they are offered, and `patch`, `overlay`, `json_patch` and `in_place` are the forms in which people take them.
"""
