#pragma once
// The certificate of https: of --certificate, or one that portlabd makes and signs itself when https
// listens for the first time.

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "common/system/file_descriptor.hpp"
#include "common/system/interfaces.hpp"
#include "servers/daemon/certificate_authority.hpp"
#include "servers/daemon/settings.hpp"
#include "servers/dns/zone_set.hpp"
#include "servers/listener/service.hpp"
#include "servers/listener/tls_context.hpp"

namespace portlab {

/// The names that mean this server, for its certificate: those of the zones at one of `addresses`,
/// each zone's wildcard (*.lab.test), localhost, and the name of this machine. A name that is no
/// host name (RFC 1123) is left out.
std::vector<std::string> names_of_server(const dns::ZoneSet& zones,
                                         const std::vector<asio::ip::address>& addresses,
                                         const std::string& host_name);

/// All members except current() and authority(): on worker 0's thread only, or before it runs.
class ServerCertificate {
 public:
  /// What a certificate is made of.
  struct Source {
    std::string certificate_file;  ///< empty: one is made
    std::string key_file;          ///< empty: the key is in the certificate's file
    std::shared_ptr<const dns::ZoneSet> zones;
    std::vector<asio::ip::address> public_addresses;
  };

  explicit ServerCertificate(Source source);
  /// Removes the file of keep_authority_in().
  ~ServerCertificate();
  ServerCertificate(const ServerCertificate&) = delete;
  ServerCertificate& operator=(const ServerCertificate&) = delete;

  /// For the services.
  std::shared_ptr<const SharedTlsContext> shared() const { return shared_; }
  /// The certificate of the authority that portlabd made, as PEM; empty: it made none.
  std::string authority() const;

  /// From now on this file has the certificate of the authority that portlabd makes; it is empty
  /// until one is made. Throws std::runtime_error.
  void keep_authority_in(const std::string& path);
  /// Removes that file, if there is one.
  void remove_authority_file();
  /// Makes the certificate if there is none yet: a listener is about to open.
  Result<void> prepare();
  /// Reads the files again, or signs another certificate. After an error nothing has changed. Null
  /// where there is nothing to replace.
  Result<std::shared_ptr<const TlsContext>> make_again(const Source& source);
  void replace(Source source, std::shared_ptr<const TlsContext> context);

 private:
  Result<std::shared_ptr<const TlsContext>> make(const Source& source);
  /// Throws std::runtime_error.
  void write_authority() const;

  Source source_;
  std::optional<CertificateAuthority> own_authority_;
  std::string authority_path_;
  FileDescriptor authority_file_;
  std::shared_ptr<SharedTlsContext> shared_;
};

/// Why clients will refuse the certificate: it has expired, or it is not valid yet. nullopt: they
/// will not for that reason.
std::optional<std::string> date_problem(const TlsContext& context);

}  // namespace portlab
