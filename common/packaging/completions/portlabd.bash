# The same function as for portlab; bash-completion looks for a file named as the program.
# shellcheck shell=bash
# shellcheck source=packaging/completions/portlab.bash
. "${BASH_SOURCE[0]%/*}/portlab"
