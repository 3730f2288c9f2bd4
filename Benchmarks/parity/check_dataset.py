"""Opens a Trimtab data set in h5py and prints what is in it: a check that other programs can read our files.

    python check_dataset.py DATA.h5
"""

import sys

import h5py


def main(path: str) -> None:
    with h5py.File(path, "r") as file:
        print({name: value for name, value in file.attrs.items()})
        if file.attrs.get("format") != "trimtab.dataset":
            sys.exit(f"{path}: the attribute format isn't trimtab.dataset")

        def show(name: str, item: h5py.Group | h5py.Dataset) -> None:
            if isinstance(item, h5py.Dataset):
                row = item.asstr()[0] if h5py.check_string_dtype(item.dtype) else item[0]
                print(f"/{name}: {item.dtype} {item.shape}, chunks {item.chunks}, {item.compression}: {row!r:.80}")

        file.visititems(show)


if __name__ == "__main__":
    main(sys.argv[1])
