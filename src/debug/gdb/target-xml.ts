/** What GDB is told of the processor: "Target Descriptions", appendix G of its manual, with the features of i386. */
import { REGISTERS } from "./registers.ts";

const EFLAGS = ["CF", "", "PF", "", "AF", "", "ZF", "SF", "TF", "IF", "DF", "OF"];
const MXCSR = ["IE", "DE", "ZE", "OE", "UE", "PE", "DAZ", "IM", "DM", "ZM", "OM", "UM", "PM"];

function flags(id: string, bits: readonly string[], more: Readonly<Record<number, string>>): string {
  const rows = [...bits.entries(), ...Object.entries(more).map(([bit, name]) => [Number(bit), name] as const)];
  const fields = rows.map(([bit, name]) => (name ? `<field name="${name}" start="${bit}" end="${bit}"/>` : ""));
  return `<flags id="${id}" size="4">${fields.join("")}</flags>`;
}

const VECTORS = `<vector id="v4f" type="ieee_single" count="4"/><vector id="v2d" type="ieee_double" count="2"/>
<vector id="v16i8" type="int8" count="16"/><vector id="v8i16" type="int16" count="8"/>
<vector id="v4i32" type="int32" count="4"/><vector id="v2i64" type="int64" count="2"/>
<union id="vec128"><field name="v4_float" type="v4f"/><field name="v2_double" type="v2d"/>
<field name="v16_int8" type="v16i8"/><field name="v8_int16" type="v8i16"/><field name="v4_int32" type="v4i32"/>
<field name="v2_int64" type="v2i64"/><field name="uint128" type="uint128"/></union>`;

const TYPES: Readonly<Record<string, string>> = {
  core: flags("i386_eflags", EFLAGS, { 14: "NT", 16: "RF", 17: "VM", 18: "AC", 19: "VIF", 20: "VIP", 21: "ID" }),
  sse: VECTORS + flags("i386_mxcsr", MXCSR, { 15: "FZ" }),
};

function feature(name: string): string {
  const rows = REGISTERS.filter((r) => r.feature === name).map((r) => {
    const group = r.name.startsWith("st") || /^f(ctrl|stat|tag|[io]seg|[io]off|op)$/.test(r.name) ? "float" : "";
    return `<reg name="${r.name}" bitsize="${r.bytes * 8}" type="${r.type}"${group && ` group="${group}"`}/>`;
  });
  return `<feature name="org.gnu.gdb.i386.${name}">\n${TYPES[name] ?? ""}${rows.join("\n")}\n</feature>`;
}

export const TARGET_XML = `<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd">
<target><architecture>i386:x86-64</architecture><osabi>GNU/Linux</osabi>
${["core", "sse", "linux", "segments", "avx"].map(feature).join("\n")}
</target>`;
