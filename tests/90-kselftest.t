#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Those of the kernel's own selftests that are quick and try the port; `make kselftest` runs all that fit.
exec "$(dirname "$0")/../scripts/kselftest" --short
