# The same function as for portlab; fish looks for a file named as the program.
source (status dirname)/portlab.fish
complete -c portlabd -f -a '(__portlab_complete)'
