#pragma once
// What the data of a session says, by its service: HTTP, FTP, DNS, telnet, TLS, SSH, echo and other
// text.

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "clients/capture/http_messages.hpp"
#include "common/bytes.hpp"
#include "common/endpoint.hpp"
#include "common/telnet/telnet_decoder.hpp"

namespace portlab {

/// The service whose first bytes these are, by their content alone: "http", "ftp", "dns",
/// "telnet", "tls", "ssh"; empty: none of them.
std::string_view recognize_service(Transport transport, bool from_client, Bytes bytes);

/// Follows the data of one session.
class ApplicationData {
 public:
  explicit ApplicationData(Transport transport) : transport_(transport) {}

  /// The service, once it is known.
  const std::string& service() const { return service_; }
  void set_service(std::string_view service);

  /// What the next data of a direction says, in one line, safe to show: "GET /hello.txt",
  /// "www.lab.test A?". Empty: only its length can be said.
  std::string read(bool from_client, Bytes bytes);
  /// The memory for what is kept of incomplete messages.
  std::size_t kept_bytes() const;
  /// Data of this direction is missing.
  void lose(bool from_client);

  /// Is called for each FTP data port that the session has agreed on: the server's (PASV, EPSV) or
  /// the client's (PORT, EPRT). The address is unspecified where it is that of the session.
  std::function<void(bool at_client, const Endpoint&)> on_data_port;

 private:
  struct FtpLines {
    std::string client, server;  ///< beginnings of lines
  };
  struct TelnetStreams {
    telnet::Decoder client, server;
  };
  struct TextLines {};

  static std::string read_dns_over_tcp(std::string& kept);
  std::string read_ftp(FtpLines& lines, bool from_client, std::string_view text);
  void find_data_port(bool from_client, const std::string& line);

  Transport transport_;
  std::string service_;
  std::variant<TextLines, HttpMessages, FtpLines, TelnetStreams> state_;
  std::string dns_over_tcp_[2];  // the beginnings of messages, by direction
};

}  // namespace portlab
