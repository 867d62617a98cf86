/** F16C: half precision conversions. */
import { row } from "./row.ts";

export const rows = [
  row("VCVTPH2PS xmm1, xmm2/m64", "VEX.128.66.0F38.W0 13 /r", "w,r", "F16C"),
  row("VCVTPH2PS ymm1, xmm2/m128", "VEX.256.66.0F38.W0 13 /r", "w,r", "F16C"),
  row("VCVTPS2PH xmm1/m64, xmm2, imm8", "VEX.128.66.0F3A.W0 1D /r ib", "w,r,r", "F16C"),
  row("VCVTPS2PH xmm1/m128, ymm2, imm8", "VEX.256.66.0F3A.W0 1D /r ib", "w,r,r", "F16C"),
];
