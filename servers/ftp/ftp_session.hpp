#pragma once
// One visitor of the FTP server: what the server remembers between two commands, and what a command
// is answered. No socket here: commands are functions from a FtpSession and an argument to an Reply,
// and conversation.cpp carries the answers out.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "common/endpoint.hpp"
#include "common/ftp/mlst_facts.hpp"
#include "servers/listener/open_file.hpp"
#include "servers/site/shared_site.hpp"

namespace portlab::ftp::server {

/// A file on its way: bytes as they are (TYPE I), or with CRLF for each LF (TYPE A).
struct FileTransfer {
  File file;
  ByteRange range;
  bool as_text = false;
};

/// What a command sends over the data connection: a file, or a list that is ready.
using Transfer = std::variant<FileTransfer, std::string>;

/// What a command is answered: a reply; perhaps, after it, a transfer, which has a reply of its
/// own.
struct Reply {
  int code = 0;
  std::string text;  ///< lines are separated by LF
  std::optional<Transfer> transfer = std::nullopt;
  bool closes = false;  ///< the control connection ends with this reply
};

/// The port of PASV and EPSV: somebody else owns its socket.
class PassivePort {
 public:
  virtual ~PassivePort() = default;
  /// Opens a port (and closes the one before). Nothing: no port can be had now.
  virtual std::optional<Endpoint> open() = 0;
  virtual void close() = 0;
};

/// Where the next data connection comes from.
struct NoDataPort {};      ///< nobody said
struct Passive {};         ///< the client connects to us (PASV, EPSV)
struct Active {            ///< we connect to the client (PORT, EPRT)
  std::uint16_t port = 0;  ///< at the visitor's own address, and nowhere else
};
using DataPort = std::variant<NoDataPort, Passive, Active>;

enum class Login : std::uint8_t { none, name_given, done };

struct FtpSession {
  /// All of them must outlive the visit: thousands of guests who say nothing shall cost little.
  FtpSession(const SharedSite& shared, const Endpoint& local_end, const Endpoint& remote_end,
             PassivePort& passive_port)
      : site(shared), local(local_end), remote(remote_end), passive(passive_port) {}

  const SharedSite& site;
  const Endpoint& local;   ///< our end of the control connection
  const Endpoint& remote;  ///< the visitor's end
  PassivePort& passive;

  Login login = Login::none;
  int logins_refused = 0;  ///< never forgotten, or REIN would buy new attempts
  DataPort data = NoDataPort{};
  bool epsv_only = false;  ///< after EPSV ALL

  std::string folder = "/";  ///< the current directory: absolute, without a "/" at its end
  bool as_text = true;       ///< TYPE A, with which RFC 959 section 5.1 begins; else TYPE I
  std::uint64_t restart_at = 0;
  FactChoice facts = {};
  std::string_view transfer;  ///< what is sent now, for STAT: "RETR hello.txt"; empty: nothing

  /// What the argument of a command leads to, seen from the current directory. Absolute; a "/" at
  /// its end stays, as it demands a directory.
  std::string path_of(std::string_view argument) const;
  /// Forgets everything but refused logins (REIN).
  void start_over();
  /// Forgets PORT and PASV.
  void drop_data_port();
};

/// Refused logins until the server hangs up (RFC 2577 section 5).
inline constexpr int logins_refused_max = 5;

}  // namespace portlab::ftp::server
