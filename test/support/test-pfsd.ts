import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { openPfsd, type Pfsd, type PfsdOptions } from '../../lib/pfsd/main'
import type { StoreOptions } from '../../lib/pfsd/store/open-store'
import type { Commit, FileInfo, ModifyFileRequest, Repo } from '../../lib/wire/messages'
import { RpcClient } from './rpc-client'

export const repo: Repo = { name: 'r', type: 'user', project: { name: 'default' } }
export const master: Commit = { repo, branch: { repo, name: 'master' } }

/** An embedded server of its own with a repo `r`, and the calls that tests make most. */
export class TestPfsd {
  readonly pfsd: Pfsd
  readonly client: RpcClient
  private readonly options: PfsdOptions

  constructor(pfsd: Pfsd, options: PfsdOptions) {
    this.pfsd = pfsd
    this.client = new RpcClient(pfsd.service)
    this.options = options
  }

  /** Closes it and opens its directory again. */
  async reopen(t: Test): Promise<TestPfsd> {
    await this.pfsd.close()
    const pfsd = await openPfsd(this.options)
    t.teardown(() => pfsd.close())
    return new TestPfsd(pfsd, this.options)
  }

  /** One stream of changes to `master`; answers the metadata of the answer. */
  async modify(changes: readonly ModifyFileRequest[], setCommit: ModifyFileRequest = { set_commit: master }): Promise<Readonly<Record<string, string>>> {
    const { metadata } = await this.client.upload('/pfs_v2.API/ModifyFile', [setCommit, ...changes])
    return metadata
  }

  async fileSet(changes: readonly ModifyFileRequest[]): Promise<string> {
    const { response } = await this.client.upload('/pfs_v2.API/CreateFileSet', changes)
    return response.file_set_id ?? ''
  }

  async read(path: string, commit: Commit = master): Promise<string> {
    const messages = await this.client.list('/pfs_v2.API/GetFile', {
      file: { commit, path: '**' }, path_range: { lower: path, upper: path + '\0' },
    })
    return Buffer.concat(messages.map((message) => message.value ?? Buffer.alloc(0))).toString('latin1')
  }

  async stat(path: string, commit: Commit = master): Promise<FileInfo | undefined> {
    const found = await this.client.list('/pfs_v2.API/GlobFile', {
      commit, pattern: '**', path_range: { lower: path, upper: path + '\0' },
    })
    return found.find((info) => info.file_type === 'FILE')
  }

  async paths(commit: Commit = master): Promise<string[]> {
    const found = await this.client.list('/pfs_v2.API/GlobFile', { commit, pattern: '**' })
    return found.filter((info) => info.file_type === 'FILE').map((info) => info.file?.path ?? '')
  }

  async head(): Promise<string> {
    const info = await this.client.unary('/pfs_v2.API/InspectBranch', { branch: { repo, name: 'master' } })
    return info.head?.id ?? ''
  }
}

export async function testPfsd(t: Test, paths: 's3' | 'pachd' = 's3', store: StoreOptions = {}): Promise<TestPfsd> {
  const directory = mkdtempSync(join(tmpdir(), 'pfsd-'))
  const options: PfsdOptions = { directory, paths, store }
  const pfsd = await openPfsd(options)
  t.teardown(async () => {
    await pfsd.close()
    rmSync(directory, { recursive: true })
  })
  const test = new TestPfsd(pfsd, options)
  await test.client.unary('/pfs_v2.API/CreateRepo', { repo })
  return test
}

export function add(path: string, content: string | Buffer, more: ModifyFileRequest['add_file'] = {}): ModifyFileRequest {
  return { add_file: { path, raw: { value: Buffer.from(content) }, ...more } }
}

/** What a rejected call said: its code and text. */
export async function refusal(call: Promise<unknown>): Promise<{ readonly code: unknown, readonly details: unknown }> {
  try {
    await call
  } catch (error) {
    if (error instanceof Error && 'code' in error && 'details' in error) return { code: error.code, details: error.details }
    throw error
  }
  throw new Error('the call was answered')
}
