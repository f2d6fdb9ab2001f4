# SPDX-License-Identifier: GPL-2.0
# The work is done by scripts/ and rootfs/; this only says what needs what. `make help` lists the goals.

SHELL := /bin/bash
MAKEFLAGS += --no-print-directory
TESTS ?= tests/*.t

# Goals that the kernel's own Makefile knows, run on build/src and build/kernel.
kernel_goals := menuconfig nconfig oldconfig olddefconfig defconfig savedefconfig listnewconfig

.PHONY: attach boot check bench kselftest linux tiny help clean distclean setup-boot setup-check setup-bench setup-kselftest $(kernel_goals)
.DELETE_ON_ERROR:

help:
	@echo 'make boot          build what is missing, and boot to a shell (ARGS="mem=1G ..." adds options)'
	@echo 'make check         build and run the tests (TESTS="tests/10-boot.t ..." runs only some)'
	@echo 'make bench         measure the host, this kernel and other ways to run one, side by side'
	@echo 'make kselftest     run the kernel own selftests in guests (KSELFTESTS="futex seccomp" runs only some)'
	@echo 'make linux         only build build/linux'
	@echo 'make attach        only build build/attach, which scripts/attach runs (make linux does it too)'
	@echo 'make tiny          only build build/tiny.ext4, the disk that make boot uses'
	@echo 'make menuconfig    change the configuration; also nconfig, oldconfig, olddefconfig, listnewconfig'
	@echo 'make defconfig     go back to arch-um/configs/x86_64_defconfig; savedefconfig writes it'
	@echo 'make clean         remove what was built; make distclean removes all of build/'

boot: setup-boot linux tiny
	@scripts/boot $(ARGS)

# Tests have a disk of their own: the other one is for whoever works with make boot.
check: setup-check linux build/check.ext4 build/tests.ext4 build/block.ext4 build/net.ext4
	@prove $(TESTS)

kselftest: setup-kselftest linux build/check.ext4
	@scripts/kselftest $(KSELFTESTS)

bench: setup-bench linux tiny
	@scripts/bench

setup-boot setup-check setup-bench setup-kselftest: setup-%:
	@scripts/setup $*

linux: attach | setup-boot
	@scripts/build-kernel

attach: | setup-boot
	@scripts/attach --build

tiny: build/tiny.ext4

build/tiny.ext4 build/check.ext4: rootfs/mktiny rootfs/image.sh rootfs/init.c | setup-boot
	@rootfs/mktiny $@

build/tests.ext4: rootfs/mktests rootfs/image.sh $(shell find tests/guest) | setup-boot
	@rootfs/mktests $@

build/block.ext4: rootfs/mkblock rootfs/image.sh tests/block/disk.c | setup-check
	@rootfs/mkblock $@

build/net.ext4: rootfs/mknet rootfs/mktiny rootfs/image.sh rootfs/init.c | setup-check
	@rootfs/mknet $@

$(kernel_goals): | setup-boot
	@scripts/build-kernel --make $@

clean:
	rm -rf build/kernel build/kernel.stamp build/linux build/attach build/*.ext4 build/host

distclean:
	rm -rf build
