import type { Files } from './files'

/** Makes a directory's names durable that nobody holds open. Whether it was the opening that failed cannot be told. */
export async function syncDirectory(files: Files, path: string): Promise<void> {
  const fd = await files.openDirectory(path)
  try {
    await files.sync(fd)
  } finally {
    await files.close(fd)
  }
}
