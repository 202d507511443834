"""What is said where a file or folder cannot be read, made or written."""

from __future__ import annotations

import errno
import os

_ZH = {
    errno.EACCES: "没有权限",
    errno.EPERM: "不允许",
    errno.EROFS: "文件系统是只读的",
    errno.ENOENT: "没有这个文件或文件夹，也建不了",
    errno.ENOTDIR: "路径中有一段不是文件夹",
    errno.EISDIR: "这是文件夹",
    errno.EEXIST: "已有同名的文件",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "磁盘配额已满",
}


def file_sentence(error: OSError) -> str:
    """Return what to do about a file or folder that the system refuses; the error names it."""
    place, why = os.fsdecode(error.filename), error.strerror or type(error).__name__
    return (
        f"读不了或写不了 {place}：{_ZH.get(error.errno or 0, why)}。请检查路径、属主和权限 / "
        f"cannot read or write {place}: {why}; check the path, its owner and its mode"
    )
