#include "clients/ftp/ftp_upload.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "clients/cli/terminal.hpp"

namespace portlab::ftp::client {

InputFile::InputFile(const std::string& path, bool as_text)
    : path_(path), as_text_(as_text), descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0) throw trouble();
}

InputFile::~InputFile() { ::close(descriptor_); }

Bytes InputFile::next() {
  std::array<char, 65536> buffer;
  const auto got = ::read(descriptor_, buffer.data(), buffer.size());
  if (got < 0) throw trouble();
  piece_.assign(buffer.data(), static_cast<std::size_t>(got));
  if (as_text_) piece_ = encoder_.encode(piece_);
  return as_bytes(piece_);
}

CommandError InputFile::trouble() const {
  return usage_failure(printable(path_) + ": " + std::strerror(errno), "a file of this machine");
}

}  // namespace portlab::ftp::client
