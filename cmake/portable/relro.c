/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the relocated data read-only. The linker marks them (PT_GNU_RELRO), and in a static executable the C library's
 * start applies the mark: glibc's does, musl's does not (1.2.3, crt/rcrt1.c). */
#include <elf.h>
#include <link.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* The start of the executable in memory, by the linker. */
extern const ElfW(Ehdr) __ehdr_start __attribute__((visibility("hidden")));

static __attribute__((constructor)) void protect_relocated(void)
{
	uintptr_t start = (uintptr_t)&__ehdr_start;
	const ElfW(Phdr) *header = (const void *)(start + __ehdr_start.e_phoff);

	for (int i = 0; i < __ehdr_start.e_phnum; i++) {
		uintptr_t from = start + header[i].p_vaddr;
		uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);

		if (header[i].p_type != PT_GNU_RELRO)
			continue;
		from &= ~(page - 1);
		/* The linker ends the segment at a page's end. */
		if (mprotect((void *)from, start + header[i].p_vaddr + header[i].p_memsz - from,
			     PROT_READ) < 0)
			_exit(127);
	}
}
