"""The ids of decisions on plain events, made by compiled code: SHA-1 as UUIDv5 wants it (RFC 9562).

The same text as `ids.decision_id`, which stays the definition.
"""

import numpy as np

from schemas.compiled import Bytes, Integers, compiled, copy_bytes
from schemas.ids import NAMESPACE
from schemas.plain_scan import ID, SOURCE

ID_LENGTH = 36
_NAMESPACE = np.frombuffer(NAMESPACE.bytes, np.uint8).copy()
_HEX = np.frombuffer(b"0123456789abcdef", np.uint8).copy()
_BLOCK = 64
_ALL = 0xFFFFFFFF
# Behind which digit of the hash a hyphen stands.
_GROUPS = np.array([8, 12, 16, 20])


@compiled
def name_decisions(row: Bytes, spans: Integers, ids: Bytes) -> None:
    """Write the id of the decision on each plain event into *ids*, 36 bytes each.

    *row* and *spans*: as `scan_events` leaves them.
    """
    longest = 0
    for event in range(len(spans)):
        if spans[event, 0] >= 0:
            source = spans[event, 2 * SOURCE + 1] - spans[event, 2 * SOURCE]
            longest = max(longest, source + spans[event, 2 * ID + 1] - spans[event, 2 * ID])
    text = np.empty(16 + longest + 2 * _BLOCK, np.uint8)
    words = np.empty(80, np.int64)
    state = np.empty(5, np.int64)
    for event in range(len(spans)):
        if spans[event, 0] < 0:
            continue
        begin, end = spans[event, 2 * SOURCE] + 1, spans[event, 2 * SOURCE + 1] - 1
        at = copy_bytes(_NAMESPACE, 0, 16, text, 0)
        at = copy_bytes(row, begin, end, text, at)
        text[at] = 10  # line feed
        begin, end = spans[event, 2 * ID] + 1, spans[event, 2 * ID + 1] - 1
        at = copy_bytes(row, begin, end, text, at + 1)
        _hash(text, _pad(text, at), words, state)
        _write_uuid(state, ids, event * ID_LENGTH)


@compiled
def _pad(text: Bytes, length: int) -> int:
    """Fill *text* up to whole blocks as SHA-1 wants it; return its length then."""
    text[length] = 0x80
    whole = (length + 8) // _BLOCK * _BLOCK + _BLOCK
    for at in range(length + 1, whole):
        text[at] = 0
    bits = length * 8
    for place in range(4):
        text[whole - 1 - place] = bits >> 8 * place & 255
    return whole


@compiled
def _hash(text: Bytes, length: int, words: Integers, state: Integers) -> None:
    """Leave the SHA-1 of padded *text* in *state* (FIPS 180-4)."""
    state[0], state[1], state[2] = 0x67452301, 0xEFCDAB89, 0x98BADCFE
    state[3], state[4] = 0x10325476, 0xC3D2E1F0
    for begin in range(0, length, _BLOCK):
        for place in range(16):
            at = begin + 4 * place
            words[place] = (
                int(text[at]) << 24
                | int(text[at + 1]) << 16
                | int(text[at + 2]) << 8
                | int(text[at + 3])
            )
        for place in range(16, 80):
            mixed = words[place - 3] ^ words[place - 8] ^ words[place - 14] ^ words[place - 16]
            words[place] = (mixed << 1 | mixed >> 31) & _ALL
        a, b, c, d, e = state[0], state[1], state[2], state[3], state[4]
        for place in range(80):
            if place < 20:
                mix, constant = b & c | (b ^ _ALL) & d, 0x5A827999
            elif place < 40:
                mix, constant = b ^ c ^ d, 0x6ED9EBA1
            elif place < 60:
                mix, constant = b & c | b & d | c & d, 0x8F1BBCDC
            else:
                mix, constant = b ^ c ^ d, 0xCA62C1D6
            turned = (a << 5 | a >> 27) & _ALL
            following = turned + mix + e + constant + words[place] & _ALL
            e, d, c, b, a = d, c, (b << 30 | b >> 2) & _ALL, a, following
        state[0], state[1] = state[0] + a & _ALL, state[1] + b & _ALL
        state[2], state[3] = state[2] + c & _ALL, state[3] + d & _ALL
        state[4] = state[4] + e & _ALL


@compiled
def _write_uuid(state: Integers, ids: Bytes, at: int) -> None:
    """Write 16 of the 20 bytes as a UUID: version 5, the variant of RFC 9562."""
    group = 0
    for digit in range(32):
        if group < 4 and digit == _GROUPS[group]:
            ids[at] = 45
            at += 1
            group += 1
        value = state[digit // 8] >> 28 - 4 * (digit % 8) & 15
        if digit == 12:
            value = 5
        elif digit == 16:
            value = value & 3 | 8
        ids[at] = _HEX[value]
        at += 1
