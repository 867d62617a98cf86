/** elf(5): the 64-bit format. Offsets in bytes. */
export const EHDR_SIZE = 64;
export const E_TYPE = 16;
export const E_MACHINE = 18;
export const E_ENTRY = 24;
export const E_PHOFF = 32;
export const E_PHENTSIZE = 54;
export const E_PHNUM = 56;
export const ET_EXEC = 2;
export const ET_DYN = 3;
export const EM_386 = 3;
export const EM_X86_64 = 62;

export const PHDR_SIZE = 56;
export const P_TYPE = 0;
export const P_FLAGS = 4;
export const P_OFFSET = 8;
export const P_VADDR = 16;
export const P_FILESZ = 32;
export const P_MEMSZ = 40;
export const P_ALIGN = 48;
export const PT_LOAD = 1;
export const PT_INTERP = 3;
export const PT_GNU_STACK = 0x6474e551;
export const PF_X = 1;
export const PF_W = 2;
export const PF_R = 4;
export const PT_DYNAMIC = 2;
export const PT_NOTE = 4;
export const PT_GNU_EH_FRAME = 0x6474e550;

/** First four bytes as a number, and the two that say 64 bits, little-endian. */
export const MAGIC = 0x464c457f;
export const ELFCLASS64 = 2;
export const ELFDATA2LSB = 1;

export const SHDR_SIZE = 64;
export const SHT_NOBITS = 8;
export const SHF_COMPRESSED = 0x800;
export const ELFCOMPRESS_ZLIB = 1;

export const SYM_SIZE = 24;
export const RELA_SIZE = 24;
export const STT_NOTYPE = 0;
export const STT_OBJECT = 1;
export const STT_FUNC = 2;
export const STT_GNU_IFUNC = 10;
export const STB_LOCAL = 0;
export const STB_GLOBAL = 1;

export const NT_GNU_BUILD_ID = 3;

/** Core files: core(5), <linux/elfcore.h>, <linux/elf.h>. */
export const ET_CORE = 4;
export const NT_PRPSINFO = 3;
export const NT_AUXV = 6;
export const NT_SIGINFO = 0x53494749;
export const NT_FILE = 0x46494c45;
/** struct elf_prstatus. */
export const PRSTATUS_SIZE = 336;
export const PR_CURSIG = 12;
export const PR_SIGPEND = 16;
export const PR_SIGHOLD = 24;
export const PR_PID = 32;
export const PR_UTIME = 48;
export const PR_REG = 112;
export const PR_FPVALID = 328;
/** struct elf_prpsinfo. */
export const PRPSINFO_SIZE = 136;
export const PR_FLAG = 8;
export const PR_UID = 16;
export const PR_FNAME = 40;
export const PR_PSARGS = 56;
