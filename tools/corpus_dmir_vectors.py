#!/usr/bin/env python3
"""Writes corpus/dmir/op/v*.dmir: every vector operation at every lane, with answers from Python's integers and exact fractions.

The meanings are written anew from the table's words and the Wasm specification (4.3, numerics); a vector is one
integer of 128 bits and a list of lanes, lane 0 lowest. Run from the root of the repository; the output is committed.
"""

import itertools
import random

from corpus_dmir import (
    FLOAT_BINARY,
    FLOAT_COMPARE,
    FLOAT_UNARY,
    FORMATS,
    Float,
    change_format,
    function,
    run,
    signed,
    to_integer,
    write,
)
from fractions import Fraction

LANES = [8, 16, 32, 64]
V = "v128"


def lanes(vector, n):
    return [vector >> at & ((1 << n) - 1) for at in range(0, 128, n)]


def vector(numbers, n):
    assert len(numbers) * n == 128
    return sum((number % (1 << n)) << at * n for at, number in enumerate(numbers))


def clamp(number, low, high):
    return max(low, min(high, number))


def signed_bounds(n):
    return -(1 << (n - 1)), (1 << (n - 1)) - 1


def smul_fraction(a, b, n):
    return clamp((signed(a, n) * signed(b, n) + (1 << (n - 2))) >> (n - 1), *signed_bounds(n))


# One lane of numbers without sign to one lane, before reduction modulo 2^N; a comparison yields -1, all ones.
LANE_BINARY = {
    "viadd": lambda a, b, n: a + b,
    "visub": lambda a, b, n: a - b,
    "vimul": lambda a, b, n: a * b,
    "vuadd_sat": lambda a, b, n: min(a + b, (1 << n) - 1),
    "vsadd_sat": lambda a, b, n: clamp(signed(a, n) + signed(b, n), *signed_bounds(n)),
    "vusub_sat": lambda a, b, n: max(a - b, 0),
    "vssub_sat": lambda a, b, n: clamp(signed(a, n) - signed(b, n), *signed_bounds(n)),
    "vumin": lambda a, b, n: min(a, b),
    "vumax": lambda a, b, n: max(a, b),
    "vsmin": lambda a, b, n: min(signed(a, n), signed(b, n)),
    "vsmax": lambda a, b, n: max(signed(a, n), signed(b, n)),
    "vuavg": lambda a, b, n: (a + b + 1) // 2,
    "vsmul_fraction": smul_fraction,
    "vieq": lambda a, b, n: -(a == b),
    "vine": lambda a, b, n: -(a != b),
    "viult": lambda a, b, n: -(a < b),
    "viule": lambda a, b, n: -(a <= b),
    "viugt": lambda a, b, n: -(a > b),
    "viuge": lambda a, b, n: -(a >= b),
    "vislt": lambda a, b, n: -(signed(a, n) < signed(b, n)),
    "visle": lambda a, b, n: -(signed(a, n) <= signed(b, n)),
    "visgt": lambda a, b, n: -(signed(a, n) > signed(b, n)),
    "visge": lambda a, b, n: -(signed(a, n) >= signed(b, n)),
}
LANE_UNARY = {
    "vineg": lambda a, n: -a,
    "viabs": lambda a, n: abs(signed(a, n)),
    "vpopcnt": lambda a, n: bin(a).count("1"),
}
LANE_SHIFT = {
    "vishl": lambda a, k, n: a << k % n,
    "vushr": lambda a, k, n: a >> k % n,
    "vsshr": lambda a, k, n: signed(a, n) >> k % n,
}


def low(numbers):
    return numbers[: len(numbers) // 2]


def high(numbers):
    return numbers[len(numbers) // 2 :]



def signs(numbers, n):
    return [signed(number, n) for number in numbers]


def sums(numbers):
    return [a + b for a, b in zip(numbers[::2], numbers[1::2])]


def products(a, b):
    return [x * y for x, y in zip(a, b)]


# Lists of lanes of N bits to lists of lanes of 2N bits.
WIDEN = {
    "vuextend_low": lambda a, n: low(a),
    "vuextend_high": lambda a, n: high(a),
    "vsextend_low": lambda a, n: low(signs(a, n)),
    "vsextend_high": lambda a, n: high(signs(a, n)),
    "vuadd_pairs": lambda a, n: sums(a),
    "vsadd_pairs": lambda a, n: sums(signs(a, n)),
}
WIDEN_BINARY = {
    "vumul_low": lambda a, b, n: products(low(a), low(b)),
    "vumul_high": lambda a, b, n: products(high(a), high(b)),
    "vsmul_low": lambda a, b, n: products(low(signs(a, n)), low(signs(b, n))),
    "vsmul_high": lambda a, b, n: products(high(signs(a, n)), high(signs(b, n))),
    "vsdot": lambda a, b, n: sums(products(signs(a, n), signs(b, n))),
    "vsdot_sat": lambda a, b, n: [clamp(s, *signed_bounds(2 * n)) for s in sums(products(signs(a, n), signs(b, n)))],
}
# Lists of lanes of N bits to lists of lanes of N/2 bits.
NARROW = {
    "vunarrow": lambda a, b, n: [clamp(x, 0, (1 << n // 2) - 1) for x in signs(a + b, n)],
    "vsnarrow": lambda a, b, n: [clamp(x, *signed_bounds(n // 2)) for x in signs(a + b, n)],
}


def edges(n):
    top = 1 << (n - 1)
    return [0, 1, 2, 2 * top - 1, 2 * top - 2, top, top + 1, top - 1, top - 2, (1 << n) // 3]


def narrowing_edges(n):
    half = 1 << (n // 2)
    around = [b + d for b in (0, half // 2, half, -half // 2, -half) for d in (-1, 0, 1)]
    return [number % (1 << n) for number in around] + [1 << (n - 1), (1 << (n - 1)) - 1]


def vectors(numbers, n, rng):
    """Vectors that hold all `numbers` in order, filled up from among them."""
    count = 128 // n
    numbers = list(numbers)
    numbers += [rng.choice(numbers) for _ in range(-len(numbers) % count)]
    return [vector(numbers[at : at + count], n) for at in range(0, len(numbers), count)]


def vector_pairs(numbers, n, rng):
    """Pairs of vectors in which every number meets every other, at positions left to chance."""
    pairs = list(itertools.product(numbers, repeat=2)) + [(rng.getrandbits(n), rng.getrandbits(n)) for _ in range(16)]
    rng.shuffle(pairs)
    pairs += [rng.choice(pairs) for _ in range(-len(pairs) % (128 // n))]
    return list(zip(vectors([a for a, _ in pairs], n, rng), vectors([b for _, b in pairs], n, rng)))


def random_vectors(numbers, n, rng, count):
    return [vector([rng.choice(numbers) for _ in range(128 // n)], n) for _ in range(count)]


def rows(name, types, params, result, cases):
    """The file of one operation: `cases(type, rng)` yields arguments and answer."""
    lines = []
    for ty in types:
        own = lambda part: ty if part == "T" else part
        lines += function(ty, f"{name}.{ty}", [own(part) for part in params], own(result))
        found = dict(cases(ty, random.Random(f"{name}{ty}")))
        lines += [run(ty, args, hex(want) if want > 9 else str(want)) for args, want in found.items()]
    write(name, lines, "corpus_dmir_vectors.py")


def int_types(widths):
    return [f"i{n}" for n in widths]


def width(ty):
    return int(ty[1:])


def integer_lanes():
    for name, f in LANE_BINARY.items():

        def cases(ty, rng, f=f):
            n = width(ty)
            for a, b in vector_pairs(edges(n), n, rng):
                yield (a, b), vector([f(x, y, n) for x, y in zip(lanes(a, n), lanes(b, n))], n)

        rows(name, int_types(LANES), [V, V], V, cases)
    for name, f in LANE_UNARY.items():

        def cases(ty, rng, f=f):
            n = width(ty)
            numbers = edges(n) + [rng.getrandbits(n) for _ in range(6)]
            for a in vectors(numbers, n, rng):
                yield (a,), vector([f(x, n) for x in lanes(a, n)], n)

        rows(name, int_types(LANES), [V], V, cases)
    for name, f in LANE_SHIFT.items():

        def cases(ty, rng, f=f):
            n = width(ty)
            counts = [0, 1, 7, 8, 15, 16, 31, 32, 63, 64, n - 1, n, n + 1, 255, 256, 1 << 31, (1 << 32) - 1]
            for k in counts:
                for a in random_vectors(edges(n), n, rng, 1) + [rng.getrandbits(128)]:
                    yield (a, k), vector([f(x, k, n) for x in lanes(a, n)], n)

        rows(name, int_types(LANES), [V, "i32"], V, cases)


def tests_of_all_lanes():
    def samples(n, rng):
        count, top = 128 // n, 1 << (n - 1)
        yield from ([x] * count for x in (0, 1, top, top - 1, (1 << n) - 1))
        for at in range(count):
            yield [0 if i == at else 1 for i in range(count)]
            yield [top if i == at else top - 1 for i in range(count)]
        yield from (lanes(rng.getrandbits(128), n) for _ in range(4))

    def all_true(ty, rng):
        n = width(ty)
        for sample in samples(n, rng):
            yield (vector(sample, n),), int(0 not in sample)

    def bitmask(ty, rng):
        n = width(ty)
        for sample in samples(n, rng):
            yield (vector(sample, n),), sum((number >> (n - 1)) << at for at, number in enumerate(sample))

    rows("vall_true", int_types(LANES), [V], "i8", all_true)
    rows("vbitmask", int_types(LANES), [V], "i32", bitmask)


def widths():
    for name, f in WIDEN.items():

        def cases(ty, rng, f=f):
            n = width(ty)
            pairs = [number for pair in itertools.product(edges(n)[:8], repeat=2) for number in pair]
            for a in vectors(pairs, n, rng):
                yield (a,), vector(f(lanes(a, n), n), 2 * n)

        rows(name, int_types(LANES[:-1]), [V], V, cases)
    for name, f in WIDEN_BINARY.items():

        def cases(ty, rng, f=f):
            n = width(ty)
            least = vector([1 << (n - 1)] * (128 // n), n)
            found = vector_pairs(edges(n), n, rng) + [(least, least)]
            found += list(zip(random_vectors(edges(n), n, rng, 12), random_vectors(edges(n), n, rng, 12)))
            for a, b in found:
                yield (a, b), vector(f(lanes(a, n), lanes(b, n), n), 2 * n)

        rows(name, int_types(LANES[:-1]), [V, V], V, cases)
    for name, f in NARROW.items():

        def cases(ty, rng, f=f):
            n = width(ty)
            found = vectors(narrowing_edges(n), n, rng)
            found += random_vectors(narrowing_edges(n), n, rng, 6) + [rng.getrandbits(128)]
            for a, b in zip(found, found[1:] + found[:1]):
                yield (a, b), vector(f(lanes(a, n), lanes(b, n), n), n // 2)

        rows(name, int_types(LANES[1:]), [V, V], V, cases)


def pseudo(is_chosen):
    """`b` when `is_chosen` of both, else `a`: a NaN or an equal number leaves `a`."""

    def of(f, a, b):
        return b if not f.is_nan(a) and not f.is_nan(b) and is_chosen(float_value(f, a), float_value(f, b)) else a

    return of


def float_value(f, bits):
    if f.is_infinite(bits):
        return -(1 << 2000) if bits & f.sign else 1 << 2000
    return f.value(bits)


def float_lanes():
    binary = {f"v{name}": f for name, f in FLOAT_BINARY.items() if name != "fcopysign"}
    binary["vfmin_pseudo"] = pseudo(lambda a, b: b < a)
    binary["vfmax_pseudo"] = pseudo(lambda a, b: a < b)
    binary |= {f"v{name}": lambda f, a, b, how=how: -int(how(f, a, b)) for name, how in FLOAT_COMPARE.items()}
    for name, how in binary.items():

        def cases(ty, rng, how=how):
            f, n = Float(ty), width(ty)
            numbers = f.numbers(rng)
            corners = [0, f.sign, f.infinity, f.infinity | f.sign, f.nan, f.nan + 1 | f.sign, f.infinity + 1, numbers[8]]
            pairs = list(itertools.product(corners, repeat=2)) + [(a, rng.choice(numbers)) for a in numbers for _ in range(2)]
            for a, b in zip(vectors([a for a, _ in pairs], n, random.Random(1)), vectors([b for _, b in pairs], n, random.Random(1))):
                yield (a, b), vector([how(f, x, y) for x, y in zip(lanes(a, n), lanes(b, n))], n)

        rows(name, FORMATS, [V, V], V, cases)
    for name, how in FLOAT_UNARY.items():

        def cases(ty, rng, how=how):
            f, n = Float(ty), width(ty)
            for a in vectors(f.numbers(rng), n, rng):
                yield (a,), vector([how(f, x) for x in lanes(a, n)], n)

        rows(f"v{name}", FORMATS, [V], V, cases)


def float_conversions():
    for name, is_signed in [("vfcvt_from_sint", True), ("vfcvt_from_uint", False)]:

        def cases(ty, rng, is_signed=is_signed):
            f, n = Float(ty), width(ty)
            numbers = edges(32) + [(1 << 24) + d for d in (-1, 1, 2, 3)] + [rng.getrandbits(32) for _ in range(6)]
            for a in vectors(numbers, 32, rng) + random_vectors(numbers, 32, rng, 8):
                exact = signs(lanes(a, 32), 32) if is_signed else lanes(a, 32)
                yield (a,), vector([f.rounded(Fraction(x)) for x in exact[: 128 // n]], n)

        rows(name, FORMATS, [V], V, cases)
    for name, is_signed in [("vfcvt_to_sint_sat", True), ("vfcvt_to_uint_sat", False)]:

        def cases(ty, rng, is_signed=is_signed):
            f, n = Float(ty), width(ty)
            numbers = f.numbers(rng)
            for p in (31, 32):
                bound = f.rounded(Fraction(1 << p))
                numbers += [b | s for b in (bound - 1, bound, bound + 1) for s in (0, f.sign)]
            for a in vectors(numbers, n, rng):
                found = [to_integer(f, x, 32, is_signed, False) for x in lanes(a, n)]
                yield (a,), vector(found + [0] * (4 - len(found)), 32)

        rows(name, FORMATS, [V], V, cases)
    f32, f64 = Float("f32"), Float("f64")

    def promote(ty, rng):
        numbers = f32.numbers(rng)
        for a in random_vectors(numbers, 32, rng, 4) + [vector([a, b, 0, f32.nan], 32) for a, b in zip(numbers[::2], numbers[1::2])]:
            yield (a,), vector([change_format(f32, f64, x) for x in lanes(a, 32)[:2]], 64)

    def demote(ty, rng):
        numbers = f64.numbers(rng) + [change_format(f32, f64, x) for x in f32.numbers(rng)]
        numbers += [f64.rounded(1 + Fraction(k, 1 << 24)) for k in (1, 3)]
        for a in vectors(numbers, 64, rng):
            yield (a,), vector([change_format(f64, f32, x) for x in lanes(a, 64)] + [0, 0], 32)

    rows("vfpromote_low", ["f32"], [V], V, promote)
    rows("vfdemote", ["f64"], [V], V, demote)


def moves():
    types = int_types(LANES) + list(FORMATS)

    def numbers(ty, rng):
        return Float(ty).numbers(rng) if ty in FORMATS else edges(width(ty))

    def positions(n):
        count = 128 // n
        return list(range(count)) + [count, count + 1, 127, 128, 255]

    def splat(ty, rng):
        for a in numbers(ty, rng):
            yield (a,), vector([a] * (128 // width(ty)), width(ty))

    def extract(ty, rng):
        n = width(ty)
        for at in positions(n):
            for a in random_vectors(numbers(ty, rng), n, rng, 1) + [rng.getrandbits(128)]:
                yield (a, at), lanes(a, n)[at % (128 // n)]

    def replace(ty, rng):
        n = width(ty)
        for at in positions(n):
            a, number = rng.getrandbits(128), rng.choice(numbers(ty, rng))
            replaced = lanes(a, n)
            replaced[at % (128 // n)] = number
            yield (a, at, number), vector(replaced, n)

    rows("vsplat", types, ["T"], V, splat)
    rows("vextract", types, [V, "i8"], "T", extract)
    rows("vreplace", types, [V, "i8", "T"], V, replace)


def whole():
    ones = (1 << 128) - 1
    corners = [0, 1, ones, 1 << 127, 1 << 64, (1 << 64) - 1, ones // 3]

    def binary(how):
        def cases(ty, rng):
            numbers = corners + [rng.getrandbits(128) for _ in range(3)]
            for a, b in itertools.product(numbers, repeat=2):
                yield (a, b), how(a, b)

        return cases

    rows("vand", [V], [V, V], V, binary(lambda a, b: a & b))
    rows("vor", [V], [V, V], V, binary(lambda a, b: a | b))
    rows("vxor", [V], [V, V], V, binary(lambda a, b: a ^ b))
    rows("vandnot", [V], [V, V], V, binary(lambda a, b: a & (ones - b)))

    def not_cases(ty, rng):
        for a in corners + [rng.getrandbits(128)]:
            yield (a,), ones - a

    def any_cases(ty, rng):
        for a in corners + [1 << at for at in range(0, 128, 9)]:
            yield (a,), int(a > 0)

    def select_cases(ty, rng):
        for a in corners + [rng.getrandbits(128)]:
            b, c = rng.getrandbits(128), rng.getrandbits(128)
            yield (a, b, c), sum((b if a >> at & 1 else c) & 1 << at for at in range(128))

    rows("vnot", [V], [V], V, not_cases)
    rows("vany_true", [V], [V], "i8", any_cases)
    rows("vbitselect", [V], [V, V, V], V, select_cases)

    def indices(rng, edge):
        yield list(range(16))
        yield list(range(15, -1, -1))
        yield list(range(16, 32))
        yield list(range(240, 256))
        yield [edge - 1, edge, edge + 1, 127, 128, 129, 255, 0, 31, 32, 33, 63, 64, 15, 16, 17]
        for _ in range(6):
            yield [rng.getrandbits(8) for _ in range(16)]

    def shuffle_cases(ty, rng):
        for chosen in indices(rng, 32):
            a, b = rng.getrandbits(128), rng.getrandbits(128)
            both = lanes(a, 8) + lanes(b, 8)
            yield (a, b, vector(chosen, 8)), vector([both[index % 32] for index in chosen], 8)

    def swizzle_cases(ty, rng):
        for chosen in indices(rng, 16):
            a = rng.getrandbits(128)
            yield (a, vector(chosen, 8)), vector([lanes(a, 8)[index] if index < 16 else 0 for index in chosen], 8)

    rows("vshuffle", [V], [V, V, V], V, shuffle_cases)
    rows("vswizzle", [V], [V, V], V, swizzle_cases)


if __name__ == "__main__":
    integer_lanes()
    tests_of_all_lanes()
    widths()
    float_lanes()
    float_conversions()
    moves()
    whole()
