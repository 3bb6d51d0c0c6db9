#include "servers/daemon/certificate_authority.hpp"

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace portlab {

namespace {

/// Browsers accept no server's certificate that is valid for more than 398 days.
constexpr long days_valid = 365;
constexpr long seconds_per_day = 24 * 60 * 60;
/// The most characters of a common name (ub-common-name, RFC 5280 appendix A.1).
constexpr std::size_t common_name_max = 64;
constexpr int serial_bits = 127;  // at most 20 bytes (RFC 5280 section 4.1.2.2), not negative
constexpr std::string_view authority_name = "Portlab lab authority";

/// Throws if a function of OpenSSL did not return 1 or a pointer: there is too little memory, or
/// there are no random numbers.
void require(bool done) {
  if (done) return;
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  throw std::runtime_error(std::string("OpenSSL can't make a certificate: ") +
                           (reason == nullptr ? "unknown error" : reason));
}

template <class T, void (*free)(T*)>
struct Freed {
  void operator()(T* object) const { free(object); }
};
using Extension = std::unique_ptr<X509_EXTENSION, Freed<X509_EXTENSION, X509_EXTENSION_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BIGNUM, BN_free>>;
using AltNames = std::unique_ptr<GENERAL_NAMES, Freed<GENERAL_NAMES, GENERAL_NAMES_free>>;
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using MemoryBio = std::unique_ptr<BIO, FreeBio>;

MemoryBio memory_bio() {
  MemoryBio bio(BIO_new(BIO_s_secmem()));  // which overwrites its bytes when it is freed
  require(bio != nullptr);
  return bio;
}

std::string text_in(BIO* bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

std::string pem_of(X509* certificate) {
  const auto bio = memory_bio();
  require(PEM_write_bio_X509(bio.get(), certificate) == 1);
  return text_in(bio.get());
}

std::string pem_of(EVP_PKEY* key) {
  const auto bio = memory_bio();
  require(PEM_write_bio_PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_in(bio.get());
}

EVP_PKEY* make_key() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  require(key != nullptr);
  return key;
}

void set_name(X509_NAME* name, std::string_view common_name) {
  require(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
                                     reinterpret_cast<const unsigned char*>(common_name.data()),
                                     static_cast<int>(common_name.size()), -1, 0) == 1);
}

/// A certificate with this key, a version and a random serial number. It is valid from a day ago
/// on, because clocks differ.
X509* make_certificate(EVP_PKEY* key) {
  X509* certificate = X509_new();
  require(certificate != nullptr);
  const Number serial(BN_new());
  require(serial != nullptr &&
          BN_rand(serial.get(), serial_bits, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) == 1 &&
          BN_to_ASN1_INTEGER(serial.get(), X509_get_serialNumber(certificate)) != nullptr &&
          X509_set_version(certificate, X509_VERSION_3) == 1 &&
          X509_gmtime_adj(X509_getm_notBefore(certificate), -seconds_per_day) != nullptr &&
          X509_gmtime_adj(X509_getm_notAfter(certificate), days_valid * seconds_per_day) !=
              nullptr &&
          X509_set_pubkey(certificate, key) == 1);
  return certificate;
}

/// Adds an extension in the notation of x509v3_config(5).
void add_extension(X509* certificate, X509* issuer, int type, const char* value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, type, value));
  require(extension != nullptr && X509_add_ext(certificate, extension.get(), -1) == 1);
}

void add_name(GENERAL_NAMES* all, int type, std::string_view bytes) {
  ASN1_STRING* text = type == GEN_DNS ? ASN1_IA5STRING_new() : ASN1_OCTET_STRING_new();
  GENERAL_NAME* name = GENERAL_NAME_new();
  require(text != nullptr && name != nullptr &&
          ASN1_STRING_set(text, bytes.data(), static_cast<int>(bytes.size())) == 1);
  GENERAL_NAME_set0_value(name, type, text);
  require(sk_GENERAL_NAME_push(all, name) > 0);
}

template <class AddressBytes>
std::string_view as_text(const AddressBytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

void add_alt_names(X509* certificate, const CertificateNames& names) {
  const AltNames all(GENERAL_NAMES_new());
  require(all != nullptr);
  for (const auto& name : names.names) add_name(all.get(), GEN_DNS, name);
  for (const auto& address : names.addresses) {
    if (address.is_v4())
      add_name(all.get(), GEN_IPADD, as_text(address.to_v4().to_bytes()));
    else
      add_name(all.get(), GEN_IPADD, as_text(address.to_v6().to_bytes()));
  }
  require(X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT) ==
          1);
}

}  // namespace

void CertificateAuthority::Free::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }
void CertificateAuthority::Free::operator()(x509_st* certificate) const { X509_free(certificate); }

CertificateAuthority::CertificateAuthority()
    : key_(make_key()), certificate_(make_certificate(key_.get())) {
  auto* const own = certificate_.get();
  set_name(X509_get_subject_name(own), authority_name);
  require(X509_set_issuer_name(own, X509_get_subject_name(own)) == 1);
  add_extension(own, own, NID_basic_constraints, "critical,CA:TRUE,pathlen:0");
  add_extension(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  add_extension(own, own, NID_subject_key_identifier, "hash");
  require(X509_sign(own, key_.get(), EVP_sha256()) > 0);
}

std::string CertificateAuthority::certificate() const { return pem_of(certificate_.get()); }

CertificateAuthority::Signed CertificateAuthority::sign(const CertificateNames& names) const {
  const std::unique_ptr<EVP_PKEY, Free> key(make_key());
  const std::unique_ptr<X509, Free> made(make_certificate(key.get()));
  auto* const issuer = certificate_.get();
  std::string_view name = "portlabd";
  if (!names.names.empty() && names.names.front().size() <= common_name_max)
    name = names.names.front();
  set_name(X509_get_subject_name(made.get()), name);
  require(X509_set_issuer_name(made.get(), X509_get_subject_name(issuer)) == 1);
  add_extension(made.get(), issuer, NID_basic_constraints, "critical,CA:FALSE");
  add_extension(made.get(), issuer, NID_key_usage, "critical,digitalSignature");
  add_extension(made.get(), issuer, NID_ext_key_usage, "serverAuth");
  add_extension(made.get(), issuer, NID_subject_key_identifier, "hash");
  add_extension(made.get(), issuer, NID_authority_key_identifier, "keyid:always");
  add_alt_names(made.get(), names);
  require(X509_sign(made.get(), key_.get(), EVP_sha256()) > 0);
  return {pem_of(made.get()), pem_of(key.get())};
}

}  // namespace portlab
