#pragma once
// Where a response is written: to stdout, into a file, or into the document of --json.

#include <memory>
#include <string>

#include "clients/cli/download.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/http/http_exchange.hpp"
#include "common/bytes.hpp"

namespace portlab {

/// Receives a response: its head, then its body in pieces.
class HttpOutput {
 public:
  virtual ~HttpOutput() = default;
  virtual void head(const HttpHead& head) = 0;
  virtual void body(Bytes bytes) = 0;
  /// The response is complete.
  virtual void finish() = 0;
};

/// To stdout; with `show_head`, the head, too. On a terminal, bytes that are not text cause a
/// CommandError (exit status 2), since they could contain escape sequences.
std::unique_ptr<HttpOutput> output_to_stdout(bool show_head);

/// Into a file that appears when it is complete, with a progress bar. A response of 400 or more
/// leaves no file. `visible`: print a message about the saved file.
std::unique_ptr<HttpOutput> output_to_file(const std::string& path, bool visible);

/// Into `kept`, for --json.
std::unique_ptr<HttpOutput> output_to(CapturedText& kept);

}  // namespace portlab
