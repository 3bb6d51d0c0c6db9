# Completion of fish for portlab and portlabd. The programs themselves say what may come next:
# "portlab --complete WORD …" prints a line for each candidate, the word and after a tab its meaning.
# ":files" and ":folders" stand for names of files.
function __portlab_complete
    set -l words (commandline -opc) (commandline -ct)
    for line in ($words[1] --complete $words[2..-1] 2>/dev/null)
        switch $line
            case ':files*'
                __fish_complete_path (commandline -ct)
            case ':folders*'
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end

complete -c portlab -f -a '(__portlab_complete)'
