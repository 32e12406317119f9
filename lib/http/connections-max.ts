import { limits } from '../limits'

/**
 * How many connections may stand at once in a process that may open `descriptors` files. Each may need one beside its socket,
 * for a body on its way to the disk, and the store has some of its own. Who opens connections must never bring the store to
 * where it can open no file: what it was writing then is in doubt, and it takes no more until it is started again.
 */
export function connectionsMax(descriptors: number): number {
  return Math.max(limits.connectionsMin, Math.min(limits.connectionsMax, Math.floor((descriptors - limits.storeDescriptorsMax) / 2)))
}

/** What the system allows this process: node has raised its own bound to that at the start. */
export function descriptorsMax(): number {
  // The report's type says no more than that it is an object; its form is documented. Elsewhere than on POSIX systems it has no limits.
  const { userLimits } = process.report.getReport() as { userLimits?: { open_files?: { soft?: number | 'unlimited' } } }
  const soft = userLimits?.open_files?.soft
  return typeof soft === 'number' ? soft : Infinity
}
