import { S3Error } from './error'

/*
 * The two refusals for which S3 has a text of its own at each place: of these the code alone says little. All others are
 * thrown by name, with the table's text.
 */

/** InvalidRequest: `message` says what is wrong with the request. */
export function invalidRequest(message: string): S3Error {
  return new S3Error('InvalidRequest', {}, { message })
}

/** InvalidArgument: the document names the argument as S3 does (not always as it was sent), and repeats its value. */
export function invalidArgument(name: string, value: string, message?: string): S3Error {
  return new S3Error('InvalidArgument', { ArgumentName: name, ArgumentValue: value }, message === undefined ? {} : { message })
}
