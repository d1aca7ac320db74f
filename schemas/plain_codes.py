"""Both check digits of unified social credit codes and where Kafka puts them, by compiled code.

`uscc` says what is wrong with a code, and `infra.kafka.murmur2_partition` where one belongs; these
stay the definition.
"""

import numpy as np

from schemas.compiled import Bytes, Integers, byte_at, compiled
from schemas.uscc import ALPHABET

LENGTH = 18
_NO_CHARACTER = 99
_CHARACTERS = np.frombuffer(ALPHABET.encode(), np.uint8).astype(np.int64)
_VALUES_31 = np.full(256, _NO_CHARACTER, np.int64)
_VALUES_31[_CHARACTERS] = np.arange(31)
_VALUES_11 = np.array([int(chr(b), 36) if chr(b) in ALPHABET else 0 for b in range(256)])
_WEIGHTS_31 = np.array([pow(3, place, 31) for place in range(17)])
_WEIGHTS_11 = np.array([3, 7, 9, 10, 5, 8, 4, 2])
_CHECK_11 = np.frombuffer(b"0123456789X", np.uint8).astype(np.int64)
_M, _SEED, _ALL = 0x5BD1E995, 0x9747B28C ^ LENGTH, 0xFFFFFFFF


@compiled
def check_codes(codes: Bytes, sound: Bytes, hashes: Integers) -> None:
    """Tell of each 18 bytes of *codes* whether they add up, and Kafka's murmur2 hash, positive.

    *sound*: 1 where both check digits agree and it is no number of 17 digits, which could be a
    resident's and is for the exact check; class and division are not looked at.
    """
    for place in range(sound.size):
        sound[place] = _adds_up(codes, place * LENGTH)
        hashes[place] = _murmur2(codes, place * LENGTH)


@compiled
def _adds_up(codes: Bytes, begin: int) -> bool:
    whole, own, letters = 0, 0, False
    for at in range(17):
        value = _VALUES_31[byte_at(codes, begin + at)]
        if value == _NO_CHARACTER:
            return False
        letters |= value > 9
        whole += value * _WEIGHTS_31[at]
    for at in range(8):
        own += _VALUES_11[byte_at(codes, begin + 8 + at)] * _WEIGHTS_11[at]
    if _CHECK_11[-own % 11] != byte_at(codes, begin + 16):
        return False
    return letters and _CHARACTERS[-whole % 31] == byte_at(codes, begin + 17)


@compiled
def _murmur2(codes: Bytes, begin: int) -> int:
    h = _SEED
    for word in range(4):
        k = 0
        for at in range(4):
            k |= int(byte_at(codes, begin + 4 * word + at)) << 8 * at
        k = k * _M & _ALL
        k = (k ^ k >> 24) * _M & _ALL
        h = (h * _M & _ALL) ^ k
    tail = int(byte_at(codes, begin + 16)) | int(byte_at(codes, begin + 17)) << 8
    h = (h ^ tail) * _M & _ALL
    h = (h ^ h >> 13) * _M & _ALL
    return (h ^ h >> 15) & 0x7FFFFFFF
