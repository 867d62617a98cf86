import { expect, test } from "vitest";
import { demangle } from "./demangle.ts";

/** With types, and without where that is given. */
const CXX: readonly (readonly [string, string, string?])[] = [
  ["_Z3fooi", "foo(int)", "foo"],
  ["_ZN5space5Thing3runEv", "space::Thing::run()", "space::Thing::run"],
  ["_ZNK5space5Thing4sizeEv", "space::Thing::size() const", "space::Thing::size"],
  ["_ZN5ThingC1Ei", "Thing::Thing(int)", "Thing::Thing"],
  ["_ZN5ThingD0Ev", "Thing::~Thing()", "Thing::~Thing"],
  ["_ZSt9terminatev", "std::terminate()", "std::terminate"],
  ["_ZN12_GLOBAL__N_15localEv", "(anonymous namespace)::local()"],
  ["_Z3maxIiET_S0_S0_", "int max<int>(int, int)", "max<int>"],
  ["_ZplRK1AS1_", "operator+(A const&, A const&)", "operator+"],
  ["_ZlsIcERSoS0_T_", "std::ostream& operator<< <char>(std::ostream&, char)"],
  ["_ZNSsC1EPKc", "std::basic_string<char, std::char_traits<char>, std::allocator<char> >::basic_string(char const*)"],
  ["_Z1fPFviEPA3_KcM1AKFivE", "f(void (*)(int), char const (*) [3], int (A::*)() const)"],
  ["_Z5printIJicEEvDpT_", "void print<int, char>(int, char)"],
  ["_Z5printIJEEvDpT_", "void print<>()"],
  ["_ZZ4mainENKUliE_clEi", "main::{lambda(int)#1}::operator()(int) const"],
  ["_ZZ1fvENKUlT_E_clIiEEDaS_", "auto f()::{lambda(auto:1)#1}::operator()<int>(int) const"],
  ["_ZGVZ3onevE5value", "guard variable for one()::value"],
  ["_ZTV5Thing", "vtable for Thing"],
  ["_ZThn8_N1B1fEv", "non-virtual thunk to B::f()"],
  ["_ZTC1D0_1B", "construction vtable for B-in-D"],
  ["_ZNK1AcvbEv", "A::operator bool() const"],
  ["_Zli3_kmy", 'operator"" _km(unsigned long long)'],
  ["_Z1fILm3ELb1ELi-1EEvv".replace("Li-1E", "Lin1E"), "void f<3ul, true, -1>()"],
  ["_Z1fIiEDTcl1gfp_EET_", "decltype (g({parm#1})) f<int>(int)"],
  ["_Z3foov.cold", "foo() [clone .cold]"],
  ["_ZN1A3fooB5cxx11Ev", "A::foo[abi:cxx11]()"],
  ["_Z1fO1ARKS_", "f(A&&, A const&)"],
  ["_Z1gIRiEvOT_", "void g<int&>(int&)"],
  ["_Z1fDn", "f(decltype(nullptr))"],
];

for (const [mangled, full, plain] of CXX) {
  test(full, () => {
    expect(demangle(mangled, true)).toBe(full);
    if (plain) expect(demangle(mangled)).toBe(plain);
  });
}

/** Those of RFC 2603 and the rustc book, and a compiler's. */
const RUST: readonly (readonly [string, string])[] = [
  ["_ZN4core3fmt5Write9write_fmt17h0123456789abcdefE", "core::fmt::Write::write_fmt"],
  ["_ZN36_$LT$T$u20$as$u20$core..any..Any$GT$4type17h0123456789abcdefE", "<T as core::any::Any>::type"],
  ["_RNvC6_123foo3bar", "123foo::bar"],
  ["_RNvCs1234_7mycrate3foo", "mycrate::foo"],
  ["_RNCNvC7mycrate4main0B3_", "mycrate::main::{closure#0}"],
  ["_RINvNtC3std3mem8align_ofjEC3foo", "std::mem::align_of::<usize>"],
  ["_RNvMs_C7mycrateINtB4_3FooKb1_Kc61_Kln5_E4show", "<mycrate::Foo<true, 'a', -5>>::show"],
  ["_RNvXC7mycrateNtB2_3FooNtB2_3Bar3baz", "<mycrate::Foo as mycrate::Bar>::baz"],
  ["_RINvC1a1fDG_INtC1b2FnTRL0_eEEp6OutputuEL_E", "a::f::<dyn for<'a> b::Fn<(&'a str,), Output = ()>>"],
  ["_RINvC1a1fFUKCOlaEuE", 'a::f::<unsafe extern "C" fn(*mut i32, i8)>'],
  ["_RNvNtCs1_1au9mdulo_0ta1f", "a::módulo::f"],
  ["_RINvC1a1fAhj3_E", "a::f::<[u8; 3]>"],
];

for (const [mangled, shown] of RUST) test(shown, () => expect(demangle(mangled)).toBe(shown));

test("what is not understood stays", () => {
  const wrong = [
    "main",
    "_Z",
    "_ZN",
    "_Z99x",
    "_ZN0E",
    "_Z3foov!",
    "_Z1fS_",
    "_Z1fT_",
    "_R",
    "_RNvC",
    "_RB_",
    "_Z1fIE",
  ];
  const endless = [`_Z1f${"P".repeat(20_000)}i`, `_RNv${"NvC1a".repeat(5000)}`, "_Z3fooIT_EvT_"];
  for (const name of [...wrong.slice(0, -1), ...endless])
    expect(demangle(name, true), name.slice(0, 40)).toBeUndefined();
});
