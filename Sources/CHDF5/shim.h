#pragma once
// The 1.10 calls, so that Debian's 1.10 and Homebrew's 1.14 read alike.
#define H5_USE_110_API
#include <hdf5.h>
