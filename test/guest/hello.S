// build: gcc -static -nostdlib
// run: => 42
	.globl	_start
_start:	mov	$1,%eax
	mov	$1,%edi
	lea	text(%rip),%rsi
	mov	$length,%edx
	syscall
	mov	%eax,%ebx
	mov	$231,%eax
	lea	42-13(%rbx),%edi
	syscall
	.section .rodata
text:	.ascii	"hello, world\n"
	length = . - text
	.section .note.GNU-stack,"",@progbits
