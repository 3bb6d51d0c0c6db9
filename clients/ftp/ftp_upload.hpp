#pragma once
// A file of this machine on its way to a server.

#include <string>

#include "clients/cli/command_error.hpp"
#include "common/bytes.hpp"
#include "common/ftp/ascii.hpp"

namespace portlab::ftp::client {

class InputFile {
 public:
  /// Opens it. `as_text`: every LF goes out as CRLF (TYPE A). Throws a CommandError.
  InputFile(const std::string& path, bool as_text);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  /// The next piece, valid until the next call; empty: that was all.
  Bytes next();

 private:
  CommandError trouble() const;

  std::string path_;
  bool as_text_;
  int descriptor_;
  AsciiEncoder encoder_;
  std::string piece_;
};

}  // namespace portlab::ftp::client
