#!/usr/bin/env python3
"""Writes test/fixtures/sigv4/botocore.json and test/fixtures/sigv4/suite.json: signatures made by others than this program.

    python3 -m venv VENV && VENV/bin/pip install botocore==1.44.5
    VENV/bin/python scripts/generate-sigv4-fixtures.py [SUITE]

botocore.json holds requests that a botocore client made and would have sent: each is caught before it leaves, so no server is needed.
Clock and random ids are fixed; the same botocore writes the same file. suite.json is written only when SUITE is given, the directory
`aws-signing-test-suite/v4` of awslabs/aws-c-auth (Apache-2.0; the crate aws-sigv4 has a copy); it is AWS's suite as one file.
"""
import datetime
import json
import pathlib
import sys
import uuid
from unittest import mock

import botocore
import botocore.auth
import botocore.awsrequest
import botocore.session
from botocore.config import Config

FIXTURES = pathlib.Path(__file__).parent.parent / 'test/fixtures/sigv4'
NOW = datetime.datetime(2026, 1, 2, 3, 4, 5)
KEY_ID = 'AKIAIOSFODNN7EXAMPLE'
SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'
BUCKET = 'master.images.default'
KEYS = [
    'plain.txt', 'a b/c  d', 'plus+plus', 'percent%41%', 'a%2Fb', 'é/ü.txt', 'emoji-\U0001f600', 'a//b///c', '/leading', 'trailing/',
    '~tilde', '(parentheses)[brackets]{braces}', "quote'star*bang!", 'q?x=1&y#z', 'dots/../x/./y', '=;:@,$', 'back\\slash|^`"<>',
    'X-Amz-Signature=1', 'e\u0301 decomposed',
]


def client(endpoint, **config):
    session = botocore.session.get_session()
    session.set_credentials(KEY_ID, SECRET)
    made = session.create_client('s3', region_name='us-east-1', endpoint_url=endpoint,
                                 config=Config(signature_version='s3v4', retries={'total_max_attempts': 1}, **config))
    return made


def split(url):
    scheme_less = url.split('://', 1)[1]
    host, slash, rest = scheme_less.partition('/')
    return host, slash + rest


def caught(name, endpoint, operation, arguments):
    """The request that a client would send, as method, target and headers."""
    found = {}

    def catch(request, **_):
        host, target = split(request.url)
        headers = [['Host', host]]
        for field, value in request.headers.items():
            text = value.decode('latin-1') if isinstance(value, bytes) else str(value)
            if field.lower() not in ('user-agent', 'host'):
                headers.append([field, text])
        found.update(name=name, method=request.method, target=target, headers=headers)
        return botocore.awsrequest.AWSResponse(request.url, 200, {}, mock.Mock(stream=lambda *_: [], read=lambda *_: b''))

    made = client(endpoint)
    made.meta.events.register('before-send.s3', catch)
    try:
        getattr(made, operation)(**arguments)
    except Exception:  # The made-up answer suits no operation; the request is caught by then.
        if not found:
            raise
    return found


def presigned(name, operation, arguments, method=None):
    url = client('http://gateway.test:30600').generate_presigned_url(operation, Params=arguments, ExpiresIn=3600)
    host, target = split(url)
    headers = [['Host', host]]
    headers += [[f'x-amz-meta-{k}', v] for k, v in arguments.get('Metadata', {}).items()]
    if 'ContentType' in arguments:
        headers.append(['Content-Type', arguments['ContentType']])
    return dict(name=name, method=method or 'GET', target=target, headers=headers)


def botocore_requests():
    plain, tls = 'http://gateway.test:30600', 'https://gateway.test'
    requests = []
    for key in KEYS:
        place = dict(Bucket=BUCKET, Key=key)
        requests.append(caught(f'GET {key}', plain, 'get_object', dict(place, Range='bytes=0-9')))
        requests.append(caught(f'PUT {key}', plain, 'put_object', dict(place, Body=b'hello', Metadata={'one': 'a  b', 'Two': 'x'})))
        requests.append(caught(f'LIST {key}', plain, 'list_objects_v2', dict(Bucket=BUCKET, Prefix=key, Delimiter='/', StartAfter=key)))
        requests.append(presigned(f'presigned GET {key}', 'get_object', place))
    odd = dict(Bucket=BUCKET, Key='a b/é+(1)//~')
    requests += [
        caught('HEAD', plain, 'head_object', odd),
        caught('DELETE', plain, 'delete_object', dict(odd, VersionId='a1b2')),
        caught('POST ?uploads', plain, 'create_multipart_upload', dict(odd, ContentType='text/plain')),
        caught('PUT a part', plain, 'upload_part', dict(odd, UploadId='id+/=', PartNumber=3, Body=b'part')),
        caught('POST ?delete', plain, 'delete_objects', dict(Bucket=BUCKET, Delete={'Objects': [{'Key': 'x'}]})),
        caught('COPY', plain, 'copy_object', dict(odd, CopySource=odd)),
        caught('LIST buckets', plain, 'list_buckets', {}),
        caught('PUT with an unsigned trailer', tls, 'put_object', dict(odd, Body=b'hello', ContentType='text/plain; charset=utf-8')),
        caught('PUT a part with an unsigned trailer', tls, 'upload_part', dict(odd, UploadId='u', PartNumber=1, Body=b'part')),
        presigned('presigned GET with overrides', 'get_object',
                  dict(odd, ResponseContentDisposition='attachment; filename="a b+c.txt"', ResponseContentType='text/plain')),
        presigned('presigned PUT with metadata', 'put_object',
                  dict(odd, Metadata={'name': 'a  b'}, ContentType='text/plain'), 'PUT'),
        presigned('presigned HEAD', 'head_object', odd, 'HEAD'),
        presigned('presigned PUT of a part', 'upload_part', dict(odd, UploadId='id+/=', PartNumber=3), 'PUT'),
    ]
    return requests


def suite_cases(directory):
    cases = []
    for context in sorted(pathlib.Path(directory).glob('*/context.json')):
        for form in ('header', 'query'):
            def read(part):
                return (context.parent / f'{form}-{part}.txt').read_bytes().decode('utf-8')
            cases.append(dict(name=f'{context.parent.name}, {form}', form=form, context=json.loads(context.read_text()),
                              request=read('signed-request'), signature=read('signature').strip()))
    return cases


def write(name, value):
    text = json.dumps(value, indent=1, ensure_ascii=True)
    (FIXTURES / name).write_text(text + '\n')


def main():
    # botocore asks for the time in one of two ways, by version.
    class Fixed(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return NOW.replace(tzinfo=tz)

        @classmethod
        def utcnow(cls):
            return NOW

    patches = [mock.patch.object(uuid, 'uuid4', return_value=uuid.UUID(int=0))]
    if hasattr(botocore.auth, 'get_current_datetime'):
        patches.append(mock.patch.object(botocore.auth, 'get_current_datetime', return_value=NOW))
    else:
        patches.append(mock.patch.object(botocore.auth.datetime, 'datetime', Fixed))
    for patch in patches:
        patch.start()
    write('botocore.json', dict(origin=f'botocore {botocore.__version__}', keyId=KEY_ID, secret=SECRET,
                                signedAt=NOW.isoformat() + 'Z', requests=botocore_requests()))
    if len(sys.argv) > 1:
        write('suite.json', dict(origin='aws-signing-test-suite/v4 of awslabs/aws-c-auth', cases=suite_cases(sys.argv[1])))


main()
