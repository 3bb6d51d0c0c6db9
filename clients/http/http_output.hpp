#pragma once
// Where a response goes: to stdout, into a file, into the document of --json, or nowhere.

#include <memory>
#include <string>

#include "clients/cli/captured_text.hpp"
#include "clients/cli/download.hpp"
#include "clients/http/http_exchange.hpp"
#include "common/bytes.hpp"

namespace portlab {

/// Takes a response's head and body, in pieces.
class HttpOutput {
 public:
  virtual ~HttpOutput() = default;
  virtual void head(const HttpHead& head) = 0;
  virtual void body(Bytes bytes) = 0;
  /// The response is complete.
  virtual void finish() = 0;
};

/// To stdout; with `show_head`, the head too. On a terminal, bytes that are not text are refused
/// with a CommandError (exit status 2): they could make it do anything.
std::unique_ptr<HttpOutput> output_to_stdout(bool show_head);

/// Into a file that appears when it is complete, with a progress bar; what comes with a status of
/// 400 or more is not what was wanted, and leaves no file. `visible`: say what was saved.
std::unique_ptr<HttpOutput> output_to_file(const std::string& path, bool visible);

/// Into `kept`, for --json.
std::unique_ptr<HttpOutput> output_to(KeptText& kept);

/// Nowhere.
std::unique_ptr<HttpOutput> output_to_nowhere();

}  // namespace portlab
