#include "clients/capture/capture_file.hpp"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"

namespace portlab {

namespace {

// Block types and options of pcapng. Numbers are in the byte order of the writer, which the
// byte-order magic tells.
constexpr std::uint32_t section_header_block = 0x0A0D0D0A;
constexpr std::uint32_t byte_order_magic = 0x1A2B3C4D;
constexpr std::uint32_t interface_block = 1;
constexpr std::uint32_t enhanced_packet_block = 6;
constexpr std::uint16_t option_end = 0;
constexpr std::uint16_t option_comment = 1;
constexpr std::uint16_t option_application = 4;  // shb_userappl
constexpr std::uint16_t option_name = 2;         // if_name
constexpr std::uint16_t option_resolution = 9;   // if_tsresol
constexpr char nanoseconds = 9;                  // 10^-9

template <class Number>
void add(std::string& out, Number number) {
  char bytes[sizeof number];
  std::memcpy(bytes, &number, sizeof number);
  out.append(bytes, sizeof number);
}

/// Everything is padded to 32 bits.
void pad(std::string& out) { out.append((4 - out.size() % 4) % 4, '\0'); }

void add_option(std::string& out, std::uint16_t code, std::string_view value) {
  constexpr std::size_t option_bytes_max = 65'535;
  value = value.substr(0, option_bytes_max);
  add(out, code);
  add(out, static_cast<std::uint16_t>(value.size()));
  out += value;
  pad(out);
}

/// The block with its type, and with its length at both ends.
std::string block(std::uint32_t type, const std::string& body) {
  constexpr std::size_t frame_bytes = 12;
  const auto length = static_cast<std::uint32_t>(body.size() + frame_bytes);
  std::string out;
  out.reserve(length);
  add(out, type);
  add(out, length);
  out += body;
  add(out, length);
  return out;
}

std::string section_header(const std::string& comment) {
  std::string body;
  add(body, byte_order_magic);
  add(body, std::uint16_t{1});  // version 1.0
  add(body, std::uint16_t{0});
  add(body, ~std::uint64_t{0});  // the length of the section is not said
  add_option(body, option_application, "portlab capture");
  if (!comment.empty()) add_option(body, option_comment, comment);
  add_option(body, option_end, {});
  return block(section_header_block, body);
}

/// The numbers of link types in files differ from libpcap's own for IP without a link layer.
std::uint16_t number_in_files(LinkType type) {
  return static_cast<std::uint16_t>(type == LinkType::raw_bsd ? LinkType::raw : type);
}

std::string interface_description(LinkType link_type, const std::string& interface) {
  std::string body;
  add(body, number_in_files(link_type));
  add(body, std::uint16_t{0});
  add(body, std::uint32_t{0});  // packets are not cut
  if (!interface.empty()) add_option(body, option_name, interface);
  add_option(body, option_resolution, std::string_view(&nanoseconds, 1));
  add_option(body, option_end, {});
  return block(interface_block, body);
}

}  // namespace

void CaptureFile::Close::operator()(std::FILE* file) const {
  if (file != stdout) std::fclose(file);
}

CaptureFile::CaptureFile(const std::string& path, LinkType link_type, const std::string& interface,
                         const std::string& comment)
    : path_(path), file_(path == "-" ? stdout : std::fopen(path.c_str(), "wbe")) {
  if (!file_)
    throw CommandError(Exit::failed, "can't write " + printable(path) + ": " + std::strerror(errno),
                       "-w with a file in a folder of your own");
  put(section_header(comment));
  put(interface_description(link_type, interface));
  flush();
}

void CaptureFile::write(const CapturedPacket& packet) {
  const auto time = static_cast<std::uint64_t>(packet.time.count());
  std::string body;
  body.reserve(packet.bytes.size() + 24);
  add(body, std::uint32_t{0});  // the interface
  add(body, static_cast<std::uint32_t>(time >> 32));
  add(body, static_cast<std::uint32_t>(time));
  add(body, static_cast<std::uint32_t>(packet.bytes.size()));
  add(body, packet.bytes_sent);
  body += as_text(packet.bytes);
  pad(body);
  put(block(enhanced_packet_block, body));
}

void CaptureFile::flush() {
  if (std::fflush(file_.get()) != 0) throw_not_written();
}

void CaptureFile::put(const std::string& block) {
  if (std::fwrite(block.data(), 1, block.size(), file_.get()) != block.size()) throw_not_written();
}

void CaptureFile::throw_not_written() const {
  throw CommandError(Exit::failed,
                     "can't write to " + printable(path_) + ": " + std::strerror(errno));
}

}  // namespace portlab
