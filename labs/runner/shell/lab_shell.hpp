#pragma once
// A real shell in a terminal of its own, whose every prompt we are told of: between two prompts we
// know what ran, what it printed and how it ended, and the next prompt waits for us.
//
//   what is typed -> type() -> pty -> bash -> pty -> read() -> Event

#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

namespace portlab::labs {

struct ShellEvent {
  enum class Kind {
    output,   ///< `text`, as for a terminal
    ready,    ///< the prompt is there, and takes keys
    started,  ///< a command begins
    done,     ///< `text`: the command, `status`: how it ended; the next prompt waits
    empty,    ///< Enter alone, a comment, Ctrl-C once more …; the next prompt waits
    broken,   ///< Ctrl-C at the prompt; the next prompt waits
    asked,    ///< `text`: one of the runner's own words (hint, back, …) was typed
    ended,    ///< the shell is gone
  };
  Kind kind = Kind::output;
  std::string text;
  int status = 0;
};

class Shell {
 public:
  /// In this folder; with words that are not the shell's but ours; its programs speak the language
  /// of this locale. Throws a CommandError.
  Shell(const std::string& folder, const std::vector<std::string_view>& own_words,
        const std::string& locale);
  ~Shell();
  Shell(const Shell&) = delete;
  Shell& operator=(const Shell&) = delete;

  /// For poll(2): readable when read() has something.
  int descriptor() const { return terminal_; }
  /// What happened. Without waiting.
  std::vector<ShellEvent> read();
  /// As if it were typed.
  void type(std::string_view keys);
  /// Lets the shell show this prompt and take the next command.
  void prompt(const std::string& text);
  /// Its terminal has this size from now on.
  void resize(unsigned short rows, unsigned short columns);

 private:
  void take(std::string_view bytes, std::vector<ShellEvent>& events);
  void report(std::string_view mark, std::vector<ShellEvent>& events);

  int terminal_ = -1;
  int prompts_ = -1;  ///< a pipe: each line lets one prompt be shown
  pid_t child_ = -1;
  std::string unread_;  ///< the beginning of a mark
  bool started_ = false;
  int last_status_ = 0;
  int round_ = 0;          ///< of the prompt that waits
  std::string last_line_;  ///< the last one of the shell's history
};

}  // namespace portlab::labs
