#pragma once
// The 1.10 calls, so that Debian's 1.10 and Homebrew's 1.14 read alike.
#define H5_USE_110_API
#include <hdf5.h>

// Swift can't import macros that call H5open() first; these say them as functions.

static inline unsigned trimtab_h5_access_read_only(void) { return H5F_ACC_RDONLY; }
static inline unsigned trimtab_h5_access_read_write(void) { return H5F_ACC_RDWR; }
static inline unsigned trimtab_h5_access_truncate(void) { return H5F_ACC_TRUNC; }

static inline H5F_libver_t trimtab_h5_latest_version(void) { return H5F_LIBVER_LATEST; }

static inline hid_t trimtab_h5_file_access(void) { return H5P_FILE_ACCESS; }
static inline hid_t trimtab_h5_file_creation(void) { return H5P_FILE_CREATE; }
static inline hid_t trimtab_h5_group_creation(void) { return H5P_GROUP_CREATE; }
static inline hid_t trimtab_h5_dataset_creation(void) { return H5P_DATASET_CREATE; }

static inline hid_t trimtab_h5_uint8(void) { return H5T_NATIVE_UINT8; }
static inline hid_t trimtab_h5_uint32(void) { return H5T_NATIVE_UINT32; }
static inline hid_t trimtab_h5_int64(void) { return H5T_NATIVE_INT64; }
static inline hid_t trimtab_h5_float32(void) { return H5T_NATIVE_FLOAT; }
static inline hid_t trimtab_h5_float64(void) { return H5T_NATIVE_DOUBLE; }
// A new type: sign at bit 15, five bits of exponent from bit 10, ten of fraction.
static inline hid_t trimtab_h5_make_float16(void) {
  hid_t type = H5Tcopy(H5T_IEEE_F32LE);
  H5Tset_fields(type, 15, 10, 5, 0, 10);
  H5Tset_size(type, 2);
  H5Tset_ebias(type, 15);
  return type;
}
static inline hid_t trimtab_h5_c_string(void) { return H5T_C_S1; }
static inline size_t trimtab_h5_variable(void) { return H5T_VARIABLE; }
static inline hsize_t trimtab_h5_unlimited(void) { return H5S_UNLIMITED; }

// Whether `name` is an ordinary (hard) link of `group`: soft and external links may lead out of the file.
static inline int trimtab_h5_is_hard_link(hid_t group, const char *name) {
  H5L_info_t info;
  if (H5Lget_info(group, name, &info, H5P_DEFAULT) < 0) return -1;
  return info.type == H5L_TYPE_HARD;
}

// The number of links of `group`, negative on failure.
static inline long long trimtab_h5_link_count(hid_t group) {
  H5G_info_t info;
  return H5Gget_info(group, &info) < 0 ? -1 : (long long)info.nlinks;
}

// The name of link `index` in alphabetic order; its length, or that of the name when it doesn't fit.
static inline ssize_t trimtab_h5_link_name(hid_t group, hsize_t index, char *name, size_t size) {
  return H5Lget_name_by_idx(group, ".", H5_INDEX_NAME, H5_ITER_INC, index, name, size, H5P_DEFAULT);
}
