#pragma once
// What the lab's shell does, read from the output of its terminal. Between the output, the shell
// writes marks: escape sequences that terminals ignore (OSC 777), "ESC ] 777;portlab;NONCE;…BEL". The
// nonce is another one for each shell: what a program prints is never taken for a mark. No side
// effects.

#include <string>
#include <string_view>
#include <vector>

namespace portlab::labs {

struct ShellEvent {
  enum class Kind {
    output,       ///< `text`: bytes for a terminal
    ready,        ///< the prompt has been printed: the shell reads keys
    started,      ///< a command has been started
    done,         ///< a command has ended: `text` is the command, `status` its exit status
    empty,        ///< Enter without a command, a comment, a second Ctrl-C
    interrupted,  ///< Ctrl-C at the prompt
    lab_word,     ///< `text`: a word that belongs to the lab (hint, back, …)
    ended,        ///< the shell has ended
  };
  // After done, empty and interrupted the shell waits for Shell::show_prompt().
  Kind kind = Kind::output;
  std::string text;
  int status = 0;
};

/// From bytes of the terminal to events.
class ShellEventParser {
 public:
  explicit ShellEventParser(const std::string& nonce)
      : mark_begin_("\x1b]777;portlab;" + nonce + ";") {}

  /// Adds the events that these bytes complete.
  void parse(std::string_view bytes, std::vector<ShellEvent>& events);
  /// Counts the prompts: the number of the last done, empty or interrupted event.
  int prompt_number() const { return prompt_number_; }

 private:
  void parse_mark(std::string_view mark, std::vector<ShellEvent>& events);
  void parse_done(std::string_view fields, std::vector<ShellEvent>& events);

  std::size_t partial_mark_size(std::string_view text) const;

  const std::string mark_begin_;
  std::string unparsed_;  ///< the beginning of a mark
  bool started_ = false;  ///< a command, since the last prompt
  int last_status_ = 0;
  int prompt_number_ = 0;
  std::string last_history_;  ///< the last line of `history`
};

/// The beginning of each mark, before the nonce, as bash's printf writes it.
constexpr std::string_view mark_begin_in_bash = "\\033]777;portlab;";

}  // namespace portlab::labs
