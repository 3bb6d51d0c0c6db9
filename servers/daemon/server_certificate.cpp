#include "servers/daemon/server_certificate.hpp"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "common/dns/name.hpp"
#include "common/dns/rdata.hpp"
#include "servers/http/http_service.hpp"

namespace portlab {

namespace {

/// A file of certificates and keys is smaller.
constexpr std::size_t pem_bytes_max = std::size_t{1} << 20;
/// More names than this are not listed: a certificate is sent with each handshake.
constexpr std::size_t names_max = 100;
constexpr std::size_t addresses_max = 100;

/// Letters, digits and hyphens (RFC 1123 section 2.1); the first label may be a "*".
bool is_host_name(std::string_view name) {
  constexpr std::size_t bytes_max = 253;
  if (name.empty() || name.size() > bytes_max) return false;
  if (name.starts_with("*.")) name.remove_prefix(2);
  char before = '.';
  for (const char c : name) {
    const bool is_letter = std::isalnum(static_cast<unsigned char>(c)) != 0;
    if (!is_letter && c != '-' && c != '.') return false;
    if ((c == '.' || c == '-') && before == '.') return false;
    if (c == '.' && before == '-') return false;
    before = c;
  }
  return before != '.' && before != '-';
}

std::string text_of(const dns::Name& name) {
  std::string text;
  name.append_short_text(text);
  return text;
}

void add(std::vector<std::string>& names, const std::string& name) {
  if (names.size() < names_max && is_host_name(name) &&
      std::ranges::find(names, name) == names.end())
    names.push_back(name);
}

std::vector<asio::ip::address> addresses_of_server(const ServerCertificate::Source& source) {
  std::vector<asio::ip::address> all = {asio::ip::address_v4::loopback(),
                                        asio::ip::address_v6::loopback()};
  // Without link-local addresses: a certificate can't name the interface that they belong to.
  const auto append = [&](const asio::ip::address& address) {
    if (!is_link_local(address) && all.size() < addresses_max &&
        std::ranges::find(all, address) == all.end())
      all.push_back(address);
  };
  for (const auto& address : source.public_addresses) append(address);
  for (const auto& one : interface_addresses()) append(one.address);
  return all;
}

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

Result<std::string> read_pem(const std::string& file) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(file, failed);
  if (failed) return Error{failed.message() + ": check its name and the permissions"};
  if (size > pem_bytes_max) return Error{"it is larger than 1 MiB: is it a PEM file?"};
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  if (size > 0) text << stream.rdbuf();
  if (!stream) return Error{"it can't be read: check its permissions"};
  return text.str();
}

/// A key that is overwritten when it is not needed any more.
struct SecretText {
  std::string text;
  ~SecretText() { OPENSSL_cleanse(text.data(), text.size()); }
};

Result<std::shared_ptr<const TlsContext>> read_files(const ServerCertificate::Source& source) {
  const auto& file = source.certificate_file;
  const auto& key_file = source.key_file.empty() ? file : source.key_file;
  const auto certificates = read_pem(file);
  if (!certificates) return Error{"certificate " + file + ": " + certificates.error().text};
  auto read = read_pem(key_file);
  if (!read) return Error{"key " + key_file + ": " + read.error().text};
  const SecretText key{std::move(*read)};
  auto context = TlsContext::make(*certificates, key.text, http_protocol_name);
  if (context) return context;
  const bool about_key = context.error().text.find("key") != std::string::npos;
  return Error{(about_key ? "key " + key_file : "certificate " + file) + ": " +
               context.error().text};
}

}  // namespace

std::vector<std::string> names_of_server(const dns::ZoneSet& zones,
                                         const std::vector<asio::ip::address>& addresses,
                                         const std::string& host_name) {
  std::vector<std::string> names;
  for (const auto& zone : zones.zones()) {
    const auto apex = text_of(zone->apex());
    std::vector<std::string> found;
    for (const auto& address : addresses)
      for (const auto& wire : zone->names_with(dns::rdata_of(address)))
        add(found, text_of(dns::Name::from_wire(as_bytes(wire))));
    for (const auto& name : found) add(names, name);
    if (!found.empty()) add(names, "*." + apex);  // also for aliases (CNAME)
  }
  add(names, "localhost");
  add(names, host_name);
  return names;
}

ServerCertificate::ServerCertificate(Source source)
    : source_(std::move(source)), shared_(std::make_shared<SharedTlsContext>(nullptr)) {
  if (source_.certificate_file.empty()) return;
  auto made = read_files(source_);
  if (!made) throw std::runtime_error(made.error().text);
  shared_->replace(*made);
}

ServerCertificate::~ServerCertificate() { remove_authority_file(); }

void ServerCertificate::remove_authority_file() {
  if (authority_file_) ::unlink(authority_path_.c_str());
  authority_file_ = FileDescriptor();
}

void ServerCertificate::keep_authority_in(const std::string& path) {
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
  authority_path_ = path;
  authority_file_ = FileDescriptor(::open(path.c_str(), flags, 0644));
  if (!authority_file_)
    throw std::runtime_error("--authority-file " + path + ": " +
                             std::generic_category().message(errno) +
                             ": choose a file in a folder of your own");
  write_authority();
}

void ServerCertificate::write_authority() const {
  if (!authority_file_ || !own_authority_) return;
  const auto text = own_authority_->certificate();
  const auto written = ::write(authority_file_.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size()))
    throw std::runtime_error("--authority-file " + authority_path_ + ": " +
                             std::generic_category().message(errno));
}

std::string ServerCertificate::authority() const {
  const auto context = shared_->get();
  return context ? context->authority() : "";
}

Result<void> ServerCertificate::prepare() {
  if (shared_->get()) return {};
  const auto made = make(source_);
  if (!made) return made.error();
  shared_->replace(*made);
  return {};
}

Result<std::shared_ptr<const TlsContext>> ServerCertificate::make_again(const Source& source) {
  if (source.certificate_file.empty() && !shared_->get())
    return std::shared_ptr<const TlsContext>();
  return make(source);
}

void ServerCertificate::replace(Source source, std::shared_ptr<const TlsContext> context) {
  source_ = std::move(source);
  shared_->replace(std::move(context));
}

Result<std::shared_ptr<const TlsContext>> ServerCertificate::make(const Source& source) try {
  if (!source.certificate_file.empty()) return read_files(source);
  if (!own_authority_) {
    own_authority_.emplace();
    write_authority();
  }
  CertificateNames names;
  names.addresses = addresses_of_server(source);
  names.names = names_of_server(*source.zones, names.addresses, host_name());
  auto made = own_authority_->sign(names);
  const SecretText key{std::move(made.key)};
  return TlsContext::make(made.certificate, key.text, http_protocol_name,
                          own_authority_->certificate());
} catch (const std::runtime_error& error) {
  return Error{error.what()};
}

std::optional<std::string> date_problem(const TlsContext& context) {
  const X509* certificate = SSL_CTX_get0_certificate(context.get());
  if (X509_cmp_current_time(X509_get0_notAfter(certificate)) < 0)
    return "the certificate has expired: clients refuse it";
  if (X509_cmp_current_time(X509_get0_notBefore(certificate)) > 0)
    return "the certificate is not valid yet: clients refuse it; is the clock right?";
  return std::nullopt;
}

}  // namespace portlab
