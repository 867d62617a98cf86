/** Vector expressions, named as in the WebAssembly text format. Opcodes from the fixed-width SIMD section of the core specification. */
import { CONST, SIMD, type Ty, type Val } from "./expr.ts";

function node(ty: Ty, op: number, args: Val[], types: Ty[], imm: number | Uint8Array = 0): Val {
  for (let i = 0; i < types.length; i++) {
    if (args[i].ty !== types[i]) throw new Error(`vector op ${op}: expected ${types[i]}, got ${args[i].ty}`);
  }
  return { ty, op: SIMD + op, args, imm };
}
const un = (op: number) => (a: Val) => node("v128", op, [a], ["v128"]);
const bin = (op: number) => (a: Val, b: Val) => node("v128", op, [a, b], ["v128", "v128"]);
const shift = (op: number) => (a: Val, n: Val) => node("v128", op, [a, n], ["v128", "i32"]);
const test = (op: number) => (a: Val) => node("i32", op, [a], ["v128"]);
const splat = (op: number, from: Ty) => (a: Val) => node("v128", op, [a], [from]);
const extract = (op: number, to: Ty) => (a: Val, lane: number) => node(to, op, [a], ["v128"], lane);
const replace = (op: number, from: Ty) => (a: Val, lane: number, v: Val) =>
  node("v128", op, [a, v], ["v128", from], lane);

/** Packs sixteen bytes, or a repeating pattern that divides sixteen, into a constant. */
function vconst(bytes: ArrayLike<number>): Val {
  const b = new Uint8Array(16);
  for (let i = 0; i < 16; i++) b[i] = bytes[i % bytes.length];
  return { ty: "v128", op: CONST, args: [], imm: b };
}

export const v128 = {
  const: vconst,
  not: un(77),
  and: bin(78),
  /** a & ~b */
  andnot: bin(79),
  or: bin(80),
  xor: bin(81),
  /** (a & mask) | (b & ~mask) */
  bitselect: (a: Val, b: Val, mask: Val) => node("v128", 82, [a, b, mask], ["v128", "v128", "v128"]),
  any_true: test(83),
};

const compare = (at: number) => ({
  eq: bin(at),
  ne: bin(at + 1),
  lt_s: bin(at + 2),
  lt_u: bin(at + 3),
  gt_s: bin(at + 4),
  gt_u: bin(at + 5),
  le_s: bin(at + 6),
  le_u: bin(at + 7),
  ge_s: bin(at + 8),
  ge_u: bin(at + 9),
});
const compareFloat = (at: number) => ({
  eq: bin(at),
  ne: bin(at + 1),
  lt: bin(at + 2),
  gt: bin(at + 3),
  le: bin(at + 4),
  ge: bin(at + 5),
});

export const i8x16 = {
  ...compare(35),
  shuffle: (a: Val, b: Val, lanes: ArrayLike<number>) =>
    node("v128", 13, [a, b], ["v128", "v128"], Uint8Array.from(lanes)),
  /** Lanes out of range give 0. */
  swizzle: bin(14),
  splat: splat(15, "i32"),
  extract_lane_s: extract(21, "i32"),
  extract_lane_u: extract(22, "i32"),
  replace_lane: replace(23, "i32"),
  abs: un(96),
  neg: un(97),
  popcnt: un(98),
  all_true: test(99),
  bitmask: test(100),
  narrow_i16x8_s: bin(101),
  narrow_i16x8_u: bin(102),
  shl: shift(107),
  shr_s: shift(108),
  shr_u: shift(109),
  add: bin(110),
  add_sat_s: bin(111),
  add_sat_u: bin(112),
  sub: bin(113),
  sub_sat_s: bin(114),
  sub_sat_u: bin(115),
  min_s: bin(118),
  min_u: bin(119),
  max_s: bin(120),
  max_u: bin(121),
  avgr_u: bin(123),
};

export const i16x8 = {
  ...compare(45),
  splat: splat(16, "i32"),
  extract_lane_s: extract(24, "i32"),
  extract_lane_u: extract(25, "i32"),
  replace_lane: replace(26, "i32"),
  extadd_pairwise_i8x16_s: un(124),
  extadd_pairwise_i8x16_u: un(125),
  abs: un(128),
  neg: un(129),
  q15mulr_sat_s: bin(130),
  all_true: test(131),
  bitmask: test(132),
  narrow_i32x4_s: bin(133),
  narrow_i32x4_u: bin(134),
  extend_low_i8x16_s: un(135),
  extend_high_i8x16_s: un(136),
  extend_low_i8x16_u: un(137),
  extend_high_i8x16_u: un(138),
  shl: shift(139),
  shr_s: shift(140),
  shr_u: shift(141),
  add: bin(142),
  add_sat_s: bin(143),
  add_sat_u: bin(144),
  sub: bin(145),
  sub_sat_s: bin(146),
  sub_sat_u: bin(147),
  mul: bin(149),
  min_s: bin(150),
  min_u: bin(151),
  max_s: bin(152),
  max_u: bin(153),
  avgr_u: bin(155),
  extmul_low_i8x16_s: bin(156),
  extmul_high_i8x16_s: bin(157),
  extmul_low_i8x16_u: bin(158),
  extmul_high_i8x16_u: bin(159),
};

export const i32x4 = {
  ...compare(55),
  splat: splat(17, "i32"),
  extract_lane: extract(27, "i32"),
  replace_lane: replace(28, "i32"),
  extadd_pairwise_i16x8_s: un(126),
  extadd_pairwise_i16x8_u: un(127),
  abs: un(160),
  neg: un(161),
  all_true: test(163),
  bitmask: test(164),
  extend_low_i16x8_s: un(167),
  extend_high_i16x8_s: un(168),
  extend_low_i16x8_u: un(169),
  extend_high_i16x8_u: un(170),
  shl: shift(171),
  shr_s: shift(172),
  shr_u: shift(173),
  add: bin(174),
  sub: bin(177),
  mul: bin(181),
  min_s: bin(182),
  min_u: bin(183),
  max_s: bin(184),
  max_u: bin(185),
  dot_i16x8_s: bin(186),
  extmul_low_i16x8_s: bin(188),
  extmul_high_i16x8_s: bin(189),
  extmul_low_i16x8_u: bin(190),
  extmul_high_i16x8_u: bin(191),
  trunc_sat_f32x4_s: un(248),
  trunc_sat_f32x4_u: un(249),
  trunc_sat_f64x2_s_zero: un(252),
  trunc_sat_f64x2_u_zero: un(253),
};

export const i64x2 = {
  splat: splat(18, "i64"),
  extract_lane: extract(29, "i64"),
  replace_lane: replace(30, "i64"),
  abs: un(192),
  neg: un(193),
  all_true: test(195),
  bitmask: test(196),
  extend_low_i32x4_s: un(199),
  extend_high_i32x4_s: un(200),
  extend_low_i32x4_u: un(201),
  extend_high_i32x4_u: un(202),
  shl: shift(203),
  shr_s: shift(204),
  shr_u: shift(205),
  add: bin(206),
  sub: bin(209),
  mul: bin(213),
  eq: bin(214),
  ne: bin(215),
  lt_s: bin(216),
  gt_s: bin(217),
  le_s: bin(218),
  ge_s: bin(219),
  extmul_low_i32x4_s: bin(220),
  extmul_high_i32x4_s: bin(221),
  extmul_low_i32x4_u: bin(222),
  extmul_high_i32x4_u: bin(223),
};

export const f32x4 = {
  ...compareFloat(65),
  splat: splat(19, "f32"),
  extract_lane: extract(31, "f32"),
  replace_lane: replace(32, "f32"),
  demote_f64x2_zero: un(94),
  ceil: un(103),
  floor: un(104),
  trunc: un(105),
  nearest: un(106),
  abs: un(224),
  neg: un(225),
  sqrt: un(227),
  add: bin(228),
  sub: bin(229),
  mul: bin(230),
  div: bin(231),
  min: bin(232),
  max: bin(233),
  /** b < a ? b : a, as MINPS with swapped operands. */
  pmin: bin(234),
  /** a < b ? b : a, as MAXPS with swapped operands. */
  pmax: bin(235),
  convert_i32x4_s: un(250),
  convert_i32x4_u: un(251),
};

export const f64x2 = {
  ...compareFloat(71),
  splat: splat(20, "f64"),
  extract_lane: extract(33, "f64"),
  replace_lane: replace(34, "f64"),
  promote_low_f32x4: un(95),
  ceil: un(116),
  floor: un(117),
  trunc: un(122),
  nearest: un(148),
  abs: un(236),
  neg: un(237),
  sqrt: un(239),
  add: bin(240),
  sub: bin(241),
  mul: bin(242),
  div: bin(243),
  min: bin(244),
  max: bin(245),
  pmin: bin(246),
  pmax: bin(247),
  convert_low_i32x4_s: un(254),
  convert_low_i32x4_u: un(255),
};
