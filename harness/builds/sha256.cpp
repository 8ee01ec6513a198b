#include "harness/builds/sha256.h"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "harness/core/check.h"

namespace harness {

struct Sha256::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  ~Impl() { EVP_MD_CTX_free(context); }
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  CHECK_THAT_HOLDS(EVP_DigestInit_ex(impl_->context, EVP_sha256(), nullptr) == 1, "libcrypto has no SHA-256");
}

Sha256::~Sha256() = default;

void Sha256::add(std::string_view bytes) {
  CHECK_THAT_HOLDS(EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()) == 1, "SHA-256");
}

std::string Sha256::hex() {
  static constexpr char kHex[] = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
  unsigned length = 0;
  CHECK_THAT_HOLDS(EVP_DigestFinal_ex(impl_->context, digest.data(), &length) == 1, "SHA-256");
  std::string text;
  for (unsigned i = 0; i < length; ++i) {
    text += kHex[digest[i] >> 4];
    text += kHex[digest[i] & 15];
  }
  return text;
}

std::string sha256_of_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  Sha256 sum;
  std::array<char, 64 * 1024> buffer;
  while (in) {
    in.read(buffer.data(), buffer.size());
    sum.add({buffer.data(), static_cast<std::size_t>(in.gcount())});
  }
  if (!in.eof()) throw EnvironmentError("cannot read " + path.string() + ": " + std::strerror(errno));
  return sum.hex();
}

}  // namespace harness
