# SPDX-License-Identifier: Apache-2.0
# Completion for cnitool in fish(1), printed by "cnitool completion fish". Installed as
# share/fish/vendor_completions.d/cnitool.fish.

function __cnitool_words
	set -l words (commandline -opc) (commandline -ct)
	for line in ($words[1] complete $words[2..-1] 2>/dev/null)
		switch $line
			case :files
				__fish_complete_path (commandline -ct)
			case :directories
				__fish_complete_directories (commandline -ct)
			case '*'
				printf '%s\n' $line
		end
	end
end

complete -c cnitool -f -a '(__cnitool_words)'
