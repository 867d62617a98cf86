// build: gcc -static -nostdlib
// Registers at process entry: all zero but RSP, which is a multiple of 16; flags are 0x202.
	.globl	_start
_start:	pushfq
	or	%rbx,%rax
	or	%rcx,%rax
	or	%rdx,%rax
	or	%rsi,%rax
	or	%rdi,%rax
	or	%rbp,%rax
	or	%r8,%rax
	or	%r9,%rax
	or	%r10,%rax
	or	%r11,%rax
	or	%r12,%rax
	or	%r13,%rax
	or	%r14,%rax
	or	%r15,%rax
	setne	%dil
	pop	%rbx
	test	$15,%spl
	jz	1f
	or	$2,%dil
1:	and	$~0x10000,%ebx		# RF is of no interest
	cmp	$0x202,%ebx
	je	2f
	or	$4,%dil
2:	stmxcsr	-8(%rsp)
	cmpl	$0x1f80,-8(%rsp)
	je	3f
	or	$8,%dil
3:	fnstcw	-8(%rsp)
	cmpw	$0x37f,-8(%rsp)
	je	4f
	or	$16,%dil
4:	movzbl	%dil,%edi
	mov	$231,%eax
	syscall
	.section .note.GNU-stack,"",@progbits
