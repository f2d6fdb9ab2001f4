# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# bash completion for solo

_solo() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} word
	local commands="run shell exec ps attach logs cp stop kill test images doctor help"
	local options="--root --write --boot --share --rw --disk --mem --env --workdir --user --copy-in --copy-out --net --publish --timeout
		--name --detach --keep-on-failure --kernel-log --json --kernel --guard --append --dry-run --quiet -v"

	COMPREPLY=()
	# Behind -- is somebody else's command line.
	for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
		if [ "$word" = -- ]; then
			mapfile -t COMPREPLY < <(compgen -c -f -- "$cur")
			return
		fi
	done
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$commands" -- "$cur")
		return
	fi
	case $prev in
	--root)
		mapfile -t COMPREPLY < <(compgen -W "host tiny debian none" -f -- "$cur")
		return
		;;
	--guard)
		mapfile -t COMPREPLY < <(compgen -W "auto mprotect none" -- "$cur")
		return
		;;
	--disk | --kernel | --kernel-log | --json | --junit | --copy-in)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		return
		;;
	esac
	case ${COMP_WORDS[1]} in
	run | shell)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
		else
			mapfile -t COMPREPLY < <(compgen -W "host tiny debian" -f -- "$cur")
		fi
		;;
	test)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "$options -j --junit" -- "$cur")
		else
			mapfile -t COMPREPLY < <(compgen -d -- "$cur")
		fi
		;;
	exec | attach | logs | stop | kill)
		mapfile -t COMPREPLY < <(compgen -W "$(solo ps 2>/dev/null | awk 'NR > 1 { print $1 }')" -- "$cur")
		;;
	ps | doctor)
		mapfile -t COMPREPLY < <(compgen -W --json -- "$cur")
		;;
	cp)
		mapfile -t COMPREPLY < <(compgen -f -- "$cur")
		;;
	esac
}
complete -o filenames -F _solo solo
