//! One row per operation that computes a value from values.
//!
//! A row is `Variant = mnemonic: shape, effect, heat;` and its doc comment is its meaning in words, which
//! `docs/generated/ops.md` repeats. The enum, the parser and printer, arity and type rules, the builder, the
//! evaluator, the folder, the interpreter's handlers and the fuzzer's menu all derive from it; the meaning
//! itself is the function of the same name in `meaning`.
//!
//! * shape: which operands and results, see [`Shape`](crate::op::Shape).
//! * effect: `pure` (a result for every input) or `checked` (a result or a trap).
//! * heat: which types get interpreter handlers of their own, those of two operands with immediate forms: `word` rows
//!   the machine's (i32 and i64, f32 and f64), `hot` rows i64 and i256, `all` rows i32, i64 and i256; `cold` rows run
//!   through one general handler until somebody measures a need.
//!
//! N is the width of the operand type in bits. Rows that begin with `v` are for vectors. Those named at the type of
//! their lanes do the same in every lane of N bits; lane 0 is the lowest bits.

/// Calls `$with!` with all rows.
#[macro_export]
macro_rules! for_each_op {
    ($with:ident) => {
        $with! {
            /// Sum modulo 2^N.
            Iadd = iadd: binary, pure, all;
            /// Difference modulo 2^N.
            Isub = isub: binary, pure, all;
            /// Product modulo 2^N.
            Imul = imul: binary, pure, all;
            /// Unsigned quotient rounded towards zero; `a / 0 = 0`.
            Udiv = udiv: binary, pure, hot;
            /// Signed quotient rounded towards zero; `a / 0 = 0`, `MIN / -1 = MIN`.
            Sdiv = sdiv: binary, pure, hot;
            /// Unsigned remainder; `a mod 0 = 0`.
            Urem = urem: binary, pure, hot;
            /// Signed remainder with the sign of the dividend; `a mod 0 = 0`, `MIN mod -1 = 0`.
            Srem = srem: binary, pure, hot;
            /// Unsigned quotient; traps `divide_by_zero`.
            UdivChecked = udiv_checked: binary, checked, word;
            /// Signed quotient; traps `divide_by_zero`, and `integer_overflow` for `MIN / -1`.
            SdivChecked = sdiv_checked: binary, checked, word;
            /// Unsigned remainder; traps `divide_by_zero`.
            UremChecked = urem_checked: binary, checked, word;
            /// Signed remainder; traps `divide_by_zero`; `MIN mod -1 = 0`.
            SremChecked = srem_checked: binary, checked, word;
            /// `a` to the power of `b` modulo 2^N; `0^0 = 1`.
            Ipow = ipow: binary, pure, hot;
            /// High half of the unsigned 2N-bit product.
            Umulhi = umulhi: binary, pure, word;
            /// High half of the signed 2N-bit product.
            Smulhi = smulhi: binary, pure, word;
            /// Bitwise and.
            Band = band: binary, pure, hot;
            /// Bitwise or.
            Bor = bor: binary, pure, hot;
            /// Bitwise exclusive or.
            Bxor = bxor: binary, pure, hot;
            /// `a` shifted left by `b mod N`.
            Ishl = ishl: binary, pure, word;
            /// `a` shifted right by `b mod N`, filled with zeros.
            Ushr = ushr: binary, pure, word;
            /// `a` shifted right by `b mod N`, filled with the sign.
            Sshr = sshr: binary, pure, word;
            /// `a` shifted left by `b`; zero when `b >= N` (EIP-145).
            IshlFull = ishl_full: binary, pure, all;
            /// `a` shifted right by `b`, filled with zeros; zero when `b >= N` (EIP-145).
            UshrFull = ushr_full: binary, pure, all;
            /// `a` shifted right by `b`, filled with the sign; all sign when `b >= N` (EIP-145).
            SshrFull = sshr_full: binary, pure, hot;
            /// `a` rotated left by `b mod N`.
            Rotl = rotl: binary, pure, word;
            /// `a` rotated right by `b mod N`.
            Rotr = rotr: binary, pure, word;
            /// The smaller of two unsigned numbers.
            Umin = umin: binary, pure, cold;
            /// The larger of two unsigned numbers.
            Umax = umax: binary, pure, cold;
            /// The smaller of two signed numbers.
            Smin = smin: binary, pure, cold;
            /// The larger of two signed numbers.
            Smax = smax: binary, pure, cold;
            /// `a` with the sign of its byte `b` (0 is the least significant) in all higher bits; `a` when `b >= N/8 - 1`.
            SextendByte = sextend_byte: binary, pure, hot;
            /// Byte `b` of `a`, counted from the most significant; zero when `b >= N/8`.
            ByteBe = byte_be: binary, pure, hot;
            /// `-a` modulo 2^N.
            Ineg = ineg: unary, pure, cold;
            /// Bitwise complement.
            Bnot = bnot: unary, pure, hot;
            /// Number of leading zero bits; N for zero.
            Clz = clz: unary, pure, all;
            /// Number of trailing zero bits; N for zero.
            Ctz = ctz: unary, pure, word;
            /// Number of bits that are set.
            Popcnt = popcnt: unary, pure, word;
            /// The bytes in opposite order.
            Bswap = bswap: unary, pure, cold;
            /// `(a + b) mod c`, the sum not truncated; zero when `c` is zero.
            Addmod = addmod: ternary, pure, hot;
            /// `(a * b) mod c`, the product not truncated; zero when `c` is zero.
            Mulmod = mulmod: ternary, pure, hot;
            /// `b` when `a` is not zero, else `c`.
            Select = select: select, pure, cold;
            /// Whether `a = b`.
            Ieq = ieq: compare, pure, hot;
            /// Whether `a` differs from `b`.
            Ine = ine: compare, pure, hot;
            /// Whether `a < b`, unsigned.
            Iult = iult: compare, pure, hot;
            /// Whether `a <= b`, unsigned.
            Iule = iule: compare, pure, hot;
            /// Whether `a > b`, unsigned.
            Iugt = iugt: compare, pure, hot;
            /// Whether `a >= b`, unsigned.
            Iuge = iuge: compare, pure, hot;
            /// Whether `a < b`, signed.
            Islt = islt: compare, pure, all;
            /// Whether `a <= b`, signed.
            Isle = isle: compare, pure, all;
            /// Whether `a > b`, signed.
            Isgt = isgt: compare, pure, all;
            /// Whether `a >= b`, signed.
            Isge = isge: compare, pure, all;
            /// `a` in a wider type, filled with zeros.
            Uextend = uextend: extend, pure, cold;
            /// `a` in a wider type, filled with its sign.
            Sextend = sextend: extend, pure, word;
            /// The low bits of `a` in a narrower type.
            Ireduce = ireduce: reduce, pure, cold;
            /// Sum, rounded to nearest, ties to even (IEEE 754); a NaN result is the canonical one.
            Fadd = fadd: float_binary, pure, word;
            /// Difference, rounded like `fadd`.
            Fsub = fsub: float_binary, pure, word;
            /// Product, rounded like `fadd`.
            Fmul = fmul: float_binary, pure, word;
            /// Quotient, rounded like `fadd`.
            Fdiv = fdiv: float_binary, pure, word;
            /// The smaller; -0 is below +0; NaN when either is NaN (Wasm 4.3.3).
            Fmin = fmin: float_binary, pure, word;
            /// The larger; -0 is below +0; NaN when either is NaN (Wasm 4.3.3).
            Fmax = fmax: float_binary, pure, word;
            /// `a` with the sign of `b`, bits otherwise kept.
            Fcopysign = fcopysign: float_binary, pure, word;
            /// `a` with its sign flipped, bits otherwise kept.
            Fneg = fneg: float_unary, pure, word;
            /// `a` with its sign cleared, bits otherwise kept.
            Fabs = fabs: float_unary, pure, word;
            /// Square root, rounded to nearest, ties to even.
            Fsqrt = fsqrt: float_unary, pure, word;
            /// Rounded up to an integer.
            Fceil = fceil: float_unary, pure, word;
            /// Rounded down to an integer.
            Ffloor = ffloor: float_unary, pure, word;
            /// Rounded towards zero to an integer.
            Ftrunc = ftrunc: float_unary, pure, word;
            /// Rounded to the nearest integer, ties to even.
            Fnearest = fnearest: float_unary, pure, word;
            /// Whether `a = b`; false when either is NaN.
            Feq = feq: float_compare, pure, word;
            /// Whether `a` differs from `b`; true when either is NaN.
            Fne = fne: float_compare, pure, word;
            /// Whether `a < b`; false when either is NaN.
            Flt = flt: float_compare, pure, word;
            /// Whether `a <= b`; false when either is NaN.
            Fle = fle: float_compare, pure, word;
            /// Whether `a > b`; false when either is NaN.
            Fgt = fgt: float_compare, pure, word;
            /// Whether `a >= b`; false when either is NaN.
            Fge = fge: float_compare, pure, word;
            /// An f32 as f64, exactly; NaN becomes the canonical one.
            Fpromote = fpromote: float_promote, pure, word;
            /// An f64 as f32, rounded to nearest, ties to even; NaN becomes the canonical one.
            Fdemote = fdemote: float_demote, pure, word;
            /// A signed integer (i32, i64) as a float, rounded to nearest, ties to even.
            FcvtFromSint = fcvt_from_sint: int_to_float, pure, word;
            /// An unsigned integer (i32, i64) as a float, rounded to nearest, ties to even.
            FcvtFromUint = fcvt_from_uint: int_to_float, pure, word;
            /// A float truncated to a signed integer; NaN is zero, out of range is the nearest bound.
            FcvtToSintSat = fcvt_to_sint_sat: float_to_int, pure, word;
            /// A float truncated to an unsigned integer; NaN is zero, out of range is the nearest bound.
            FcvtToUintSat = fcvt_to_uint_sat: float_to_int, pure, word;
            /// A float truncated to a signed integer; traps `invalid_conversion` for NaN, `integer_overflow` out of range.
            FcvtToSint = fcvt_to_sint: float_to_int, checked, word;
            /// A float truncated to an unsigned integer; traps `invalid_conversion` for NaN, `integer_overflow` out of range.
            FcvtToUint = fcvt_to_uint: float_to_int, checked, word;
            /// The same bits as a type of the same width (i32 and f32, i64 and f64, i64 and ref, i128 and v128).
            Bitcast = bitcast: bitcast, pure, cold;
            /// Bitwise and.
            Vand = vand: vector_binary, pure, cold;
            /// Bitwise or.
            Vor = vor: vector_binary, pure, cold;
            /// Bitwise exclusive or.
            Vxor = vxor: vector_binary, pure, cold;
            /// The bits of `a` that are not set in `b`.
            Vandnot = vandnot: vector_binary, pure, cold;
            /// Bitwise complement.
            Vnot = vnot: vector_unary, pure, cold;
            /// Each bit of `b` where that of `a` is set, else of `c`.
            Vbitselect = vbitselect: vector_ternary, pure, cold;
            /// Whether any bit is set.
            VanyTrue = vany_true: vector_test, pure, cold;
            /// Byte `i` is byte `c[i] mod 32` of `a` followed by `b`.
            Vshuffle = vshuffle: vector_ternary, pure, cold;
            /// Byte `i` is byte `b[i]` of `a`; zero when `b[i] >= 16`.
            Vswizzle = vswizzle: vector_binary, pure, cold;
            /// `a` in every lane.
            Vsplat = vsplat: lane_splat, pure, cold;
            /// Lane `b mod 128/N` of `a`.
            Vextract = vextract: lane_extract, pure, cold;
            /// `a` with `c` in lane `b mod 128/N`.
            Vreplace = vreplace: lane_replace, pure, cold;
            /// Sums modulo 2^N.
            Viadd = viadd: lane_binary, pure, cold;
            /// Differences modulo 2^N.
            Visub = visub: lane_binary, pure, cold;
            /// Products modulo 2^N.
            Vimul = vimul: lane_binary, pure, cold;
            /// Unsigned sums; the largest number when out of range.
            VuaddSat = vuadd_sat: lane_binary, pure, cold;
            /// Signed sums; the nearest bound when out of range.
            VsaddSat = vsadd_sat: lane_binary, pure, cold;
            /// Unsigned differences; zero when out of range.
            VusubSat = vusub_sat: lane_binary, pure, cold;
            /// Signed differences; the nearest bound when out of range.
            VssubSat = vssub_sat: lane_binary, pure, cold;
            /// The smaller of two unsigned numbers.
            Vumin = vumin: lane_binary, pure, cold;
            /// The larger of two unsigned numbers.
            Vumax = vumax: lane_binary, pure, cold;
            /// The smaller of two signed numbers.
            Vsmin = vsmin: lane_binary, pure, cold;
            /// The larger of two signed numbers.
            Vsmax = vsmax: lane_binary, pure, cold;
            /// `(a + b + 1) / 2`, unsigned, the sum not truncated.
            Vuavg = vuavg: lane_binary, pure, cold;
            /// Products of signed fractions of N - 1 bits: `(a * b + 2^(N-2)) / 2^(N-1)` rounded down; `MIN * MIN` is the largest.
            VsmulFraction = vsmul_fraction: lane_binary, pure, cold;
            /// All ones where `a = b`, else zero.
            Vieq = vieq: lane_binary, pure, cold;
            /// All ones where `a` differs from `b`, else zero.
            Vine = vine: lane_binary, pure, cold;
            /// All ones where `a < b`, unsigned, else zero.
            Viult = viult: lane_binary, pure, cold;
            /// All ones where `a <= b`, unsigned, else zero.
            Viule = viule: lane_binary, pure, cold;
            /// All ones where `a > b`, unsigned, else zero.
            Viugt = viugt: lane_binary, pure, cold;
            /// All ones where `a >= b`, unsigned, else zero.
            Viuge = viuge: lane_binary, pure, cold;
            /// All ones where `a < b`, signed, else zero.
            Vislt = vislt: lane_binary, pure, cold;
            /// All ones where `a <= b`, signed, else zero.
            Visle = visle: lane_binary, pure, cold;
            /// All ones where `a > b`, signed, else zero.
            Visgt = visgt: lane_binary, pure, cold;
            /// All ones where `a >= b`, signed, else zero.
            Visge = visge: lane_binary, pure, cold;
            /// `-a` modulo 2^N.
            Vineg = vineg: lane_unary, pure, cold;
            /// Distance from zero of signed numbers, modulo 2^N: `MIN` stays.
            Viabs = viabs: lane_unary, pure, cold;
            /// Number of bits that are set.
            Vpopcnt = vpopcnt: lane_unary, pure, cold;
            /// Shifted left by `b mod N`.
            Vishl = vishl: lane_shift, pure, cold;
            /// Shifted right by `b mod N`, filled with zeros.
            Vushr = vushr: lane_shift, pure, cold;
            /// Shifted right by `b mod N`, filled with the sign.
            Vsshr = vsshr: lane_shift, pure, cold;
            /// Whether no lane is zero.
            VallTrue = vall_true: lane_test, pure, cold;
            /// The signs: bit `i` is the highest bit of lane `i`.
            Vbitmask = vbitmask: lane_mask, pure, cold;
            /// The low half of the lanes, each filled with zeros to 2N bits.
            VuextendLow = vuextend_low: lane_widen, pure, cold;
            /// The high half of the lanes, each filled with zeros to 2N bits.
            VuextendHigh = vuextend_high: lane_widen, pure, cold;
            /// The low half of the lanes, each filled with its sign to 2N bits.
            VsextendLow = vsextend_low: lane_widen, pure, cold;
            /// The high half of the lanes, each filled with its sign to 2N bits.
            VsextendHigh = vsextend_high: lane_widen, pure, cold;
            /// Sums of neighbours, unsigned, in 2N bits: lane `2i` and lane `2i + 1`.
            VuaddPairs = vuadd_pairs: lane_widen, pure, cold;
            /// Sums of neighbours, signed, in 2N bits: lane `2i` and lane `2i + 1`.
            VsaddPairs = vsadd_pairs: lane_widen, pure, cold;
            /// Unsigned products of the low half of the lanes, in 2N bits.
            VumulLow = vumul_low: lane_widen_binary, pure, cold;
            /// Unsigned products of the high half of the lanes, in 2N bits.
            VumulHigh = vumul_high: lane_widen_binary, pure, cold;
            /// Signed products of the low half of the lanes, in 2N bits.
            VsmulLow = vsmul_low: lane_widen_binary, pure, cold;
            /// Signed products of the high half of the lanes, in 2N bits.
            VsmulHigh = vsmul_high: lane_widen_binary, pure, cold;
            /// Sums of two neighbours' signed products modulo 2^2N: lanes `2i` and lanes `2i + 1`.
            Vsdot = vsdot: lane_widen_binary, pure, cold;
            /// Like `vsdot`, but the largest signed number of 2N bits where the sum is 2^(2N-1).
            VsdotSat = vsdot_sat: lane_widen_binary, pure, cold;
            /// The lanes of `a`, then those of `b`, signed, as unsigned numbers of N/2 bits; the nearest bound when out of range.
            Vunarrow = vunarrow: lane_narrow, pure, cold;
            /// The lanes of `a`, then those of `b`, signed, as signed numbers of N/2 bits; the nearest bound when out of range.
            Vsnarrow = vsnarrow: lane_narrow, pure, cold;
            /// Sums, rounded to nearest, ties to even (IEEE 754); a NaN result is the canonical one.
            Vfadd = vfadd: lane_float_binary, pure, cold;
            /// Differences, rounded like `vfadd`.
            Vfsub = vfsub: lane_float_binary, pure, cold;
            /// Products, rounded like `vfadd`.
            Vfmul = vfmul: lane_float_binary, pure, cold;
            /// Quotients, rounded like `vfadd`.
            Vfdiv = vfdiv: lane_float_binary, pure, cold;
            /// The smaller; -0 is below +0; NaN when either is NaN (Wasm 4.3.3).
            Vfmin = vfmin: lane_float_binary, pure, cold;
            /// The larger; -0 is below +0; NaN when either is NaN (Wasm 4.3.3).
            Vfmax = vfmax: lane_float_binary, pure, cold;
            /// `b` where `b < a`, else `a`, bits kept.
            VfminPseudo = vfmin_pseudo: lane_float_binary, pure, cold;
            /// `b` where `a < b`, else `a`, bits kept.
            VfmaxPseudo = vfmax_pseudo: lane_float_binary, pure, cold;
            /// All ones where `a = b`, else zero; zero when either is NaN.
            Vfeq = vfeq: lane_float_binary, pure, cold;
            /// All ones where `a` differs from `b`, else zero; all ones when either is NaN.
            Vfne = vfne: lane_float_binary, pure, cold;
            /// All ones where `a < b`, else zero; zero when either is NaN.
            Vflt = vflt: lane_float_binary, pure, cold;
            /// All ones where `a <= b`, else zero; zero when either is NaN.
            Vfle = vfle: lane_float_binary, pure, cold;
            /// All ones where `a > b`, else zero; zero when either is NaN.
            Vfgt = vfgt: lane_float_binary, pure, cold;
            /// All ones where `a >= b`, else zero; zero when either is NaN.
            Vfge = vfge: lane_float_binary, pure, cold;
            /// The sign flipped, bits otherwise kept.
            Vfneg = vfneg: lane_float_unary, pure, cold;
            /// The sign cleared, bits otherwise kept.
            Vfabs = vfabs: lane_float_unary, pure, cold;
            /// Square roots, rounded to nearest, ties to even.
            Vfsqrt = vfsqrt: lane_float_unary, pure, cold;
            /// Rounded up to an integer.
            Vfceil = vfceil: lane_float_unary, pure, cold;
            /// Rounded down to an integer.
            Vffloor = vffloor: lane_float_unary, pure, cold;
            /// Rounded towards zero to an integer.
            Vftrunc = vftrunc: lane_float_unary, pure, cold;
            /// Rounded to the nearest integer, ties to even.
            Vfnearest = vfnearest: lane_float_unary, pure, cold;
            /// Signed i32 lanes as floats, rounded to nearest, ties to even; for f64 the low two.
            VfcvtFromSint = vfcvt_from_sint: lane_float_unary, pure, cold;
            /// Unsigned i32 lanes as floats, rounded to nearest, ties to even; for f64 the low two.
            VfcvtFromUint = vfcvt_from_uint: lane_float_unary, pure, cold;
            /// Floats truncated to signed i32 lanes; NaN is zero, out of range is the nearest bound. From f64 the high two are zero.
            VfcvtToSintSat = vfcvt_to_sint_sat: lane_float_unary, pure, cold;
            /// Floats truncated to unsigned i32 lanes; NaN is zero, out of range is the nearest bound. From f64 the high two are zero.
            VfcvtToUintSat = vfcvt_to_uint_sat: lane_float_unary, pure, cold;
            /// The low two f32 as f64, exactly; NaN becomes the canonical one.
            VfpromoteLow = vfpromote_low: lane_promote, pure, cold;
            /// Two f64 as the low two f32, rounded to nearest, ties to even; NaN becomes the canonical one; the high two are zero.
            Vfdemote = vfdemote: lane_demote, pure, cold;
        }
    };
}
