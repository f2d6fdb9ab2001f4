// SPDX-License-Identifier: GPL-2.0
/*
 * Loadable modules: position-independent code with hidden symbols, within
 * 2 GiB of the image, so PC-relative relocations reach.
 */
#include <linux/elf.h>
#include <linux/moduleloader.h>
#include <linux/unaligned.h>

static int relocate(struct module *me, const Elf64_Rela *rel, void *where, u64 value)
{
	u64 place = (u64)where;

	switch (ELF64_R_TYPE(rel->r_info)) {
	case R_X86_64_NONE:
		return 0;
	case R_X86_64_64:
		put_unaligned(value, (u64 *)where);
		return 0;
	case R_X86_64_PC64:
		put_unaligned(value - place, (u64 *)where);
		return 0;
	case R_X86_64_32:
		put_unaligned((u32)value, (u32 *)where);
		if (value == (u32)value)
			return 0;
		break;
	case R_X86_64_32S:
		put_unaligned((s32)value, (s32 *)where);
		if ((s64)value == (s32)value)
			return 0;
		break;
	case R_X86_64_PC32:
	case R_X86_64_PLT32:
		put_unaligned((s32)(value - place), (s32 *)where);
		if ((s64)(value - place) == (s32)(value - place))
			return 0;
		break;
	default:
		pr_err("%s: unknown relocation %llu\n", me->name, ELF64_R_TYPE(rel->r_info));
		return -ENOEXEC;
	}
	pr_err("%s: relocation %llu at %px does not reach %llx; built without -fPIE?\n", me->name,
	       ELF64_R_TYPE(rel->r_info), where, value);
	return -ENOEXEC;
}

int apply_relocate_add(Elf64_Shdr *sechdrs, const char *strtab, unsigned int symindex,
		       unsigned int relsec, struct module *me)
{
	const Elf64_Shdr *sec = &sechdrs[relsec];
	const Elf64_Rela *rel = (void *)sec->sh_addr;
	const Elf64_Sym *symbols = (void *)sechdrs[symindex].sh_addr;
	void *target = (void *)sechdrs[sec->sh_info].sh_addr;
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < sec->sh_size / sizeof(*rel); i++)
		err = relocate(me, &rel[i], target + rel[i].r_offset,
			       symbols[ELF64_R_SYM(rel[i].r_info)].st_value + rel[i].r_addend);
	return err;
}
