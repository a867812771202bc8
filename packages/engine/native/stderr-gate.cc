// Two functions for Node: mute() leads file descriptor 2 into memory, unmute() leads it back and returns what was written.
// TensorFlow greets on stderr while its library loads, before any setting of its own log level counts. Should the process
// die meanwhile, what was held back is written after all.
#include <fcntl.h>
#include <node_api.h>
#include <signal.h>
#include <string>
#include <sys/mman.h>
#include <unistd.h>

namespace {

int original = -1; // a copy of the real stderr while muted, else -1
int held = -1;     // what is written meanwhile
const int fatal[] = {SIGABRT, SIGSEGV, SIGBUS, SIGILL, SIGFPE};
struct sigaction before[sizeof(fatal) / sizeof(fatal[0])];

void writeHeldAndDie(int signal) { // async-signal-safe calls only
  char block[4096];
  lseek(held, 0, SEEK_SET);
  for (ssize_t n; (n = read(held, block, sizeof block)) > 0;) {
    if (write(original, block, n) < 0) break;
  }
  ::signal(signal, SIG_DFL);
  raise(signal);
}

napi_value mute(napi_env env, napi_callback_info) {
  napi_value muted;
  if (original < 0) {
    held = memfd_create("stderr", MFD_CLOEXEC);
    original = fcntl(2, F_DUPFD_CLOEXEC, 3);
    if (held < 0 || original < 0 || dup2(held, 2) < 0) {
      if (held >= 0) close(held);
      if (original >= 0) close(original);
      original = -1;
    } else {
      struct sigaction action = {};
      action.sa_handler = writeHeldAndDie;
      for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) sigaction(fatal[i], &action, &before[i]);
    }
  }
  napi_get_boolean(env, original >= 0, &muted);
  return muted;
}

napi_value unmute(napi_env env, napi_callback_info) {
  std::string text;
  if (original >= 0) {
    dup2(original, 2);
    close(original);
    original = -1;
    for (size_t i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++) sigaction(fatal[i], &before[i], nullptr);
    char block[4096];
    lseek(held, 0, SEEK_SET);
    for (ssize_t n; (n = read(held, block, sizeof block)) > 0;) text.append(block, n);
    close(held);
  }
  napi_value result;
  napi_create_string_utf8(env, text.data(), text.size(), &result);
  return result;
}

} // namespace

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "mute", NAPI_AUTO_LENGTH, mute, nullptr, &function);
  napi_set_named_property(env, exports, "mute", function);
  napi_create_function(env, "unmute", NAPI_AUTO_LENGTH, unmute, nullptr, &function);
  napi_set_named_property(env, exports, "unmute", function);
  return exports;
}
