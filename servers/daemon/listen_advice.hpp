#pragma once
// Sentences for people about listeners that could not be opened, closed or moved: what happened,
// why, and what to try.

#include <string>
#include <vector>

#include "servers/listener/listen_error.hpp"

namespace portlab {

struct ListenAdvice {
  std::string problem;                   ///< "cannot listen on tcp 127.0.0.1:80: permission denied"
  std::vector<std::string> causes = {};  ///< one each; empty: the problem says it
  std::vector<std::string> tries = {};   ///< for somebody who starts portlabd
  std::string why = {};  ///< "portlab why denied 127.0.0.1:80"; empty: nothing to look up
};

/// Reads the machine's rule about low ports, which the advice names.
ListenAdvice listen_advice(const ListenError& error);

/// Several lines: the problem, a line for each cause, "try: …" for each try, "why: …". No newline
/// at the end.
std::string listen_advice_lines(const ListenError& error);
/// One line, for the log: the problem, its causes, what to try.
std::string listen_advice_line(const ListenError& error);
/// One line without what to try, which is for portlabd's command line: for clients of the control
/// socket.
std::string listen_problem_line(const ListenError& error);

}  // namespace portlab
