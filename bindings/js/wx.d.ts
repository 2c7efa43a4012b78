// The types of what wx.js makes. They can be used where npm's miniprogram-api-typings are expected, and the other way
// round. As there, a result's type lists what a success may have: `tempFilePath` is there without the option filePath,
// `filePath` with it, and `profile` unless it was switched off.

export type Callback<Result> = (result: Result) => void;

export interface GeneralCallbackResult {
  errMsg: string;
}

/** What `fail` gets, and `complete` after a failure. */
export interface FailCallbackResult extends GeneralCallbackResult {
  /** The same number for the same case on all platforms; absent in other hosts. */
  errno?: number;
  profile?: RequestProfile;
}

/** Where the time went. Times are milliseconds since the epoch; 0 is a stage that did not happen. */
export interface RequestProfile {
  invokeStart: number;
  queueStart: number;
  queueEnd: number;
  redirectStart: number;
  redirectEnd: number;
  fetchStart: number;
  domainLookUpStart: number;
  domainLookUpEnd: number;
  /** Another spelling of domainLookUpStart. */
  domainLookupStart?: number;
  /** Another spelling of domainLookUpEnd. */
  domainLookupEnd?: number;
  /** Always 0: there is no DNS over HTTP. */
  httpDNSDomainLookUpStart: number;
  /** Always 0. */
  httpDNSDomainLookUpEnd: number;
  connectStart: number;
  connectEnd: number;
  SSLconnectionStart: number;
  SSLconnectionEnd: number;
  requestStart: number;
  requestEnd: number;
  responseStart: number;
  responseEnd: number;
  /** Round trip of this connection, ms. */
  rtt: number;
  /** 0 unknown, 1 offline, 2 slow 2g, 3 2g, 4 3g, 5 4g. */
  estimate_nettype: number;
  /** The same as text: unknown, offline, slow 2g, 2g, 3g or 4g. */
  estimate_nettype_text?: string;
  httpRttEstimate: number;
  transportRttEstimate: number;
  downstreamThroughputKbpsEstimate: number;
  throughputKbps: number;
  peerIP: string;
  port: number;
  /** http1.1, h2, quic or unknown. */
  protocol: string;
  socketReused: boolean;
  sendBytesCount: number;
  receivedBytedCount: number;
  usingHighPerformanceMode: boolean;
}

/** What both calls take. Unknown options are ignored. */
export interface TransferOption {
  /** Server address, http or https. */
  url: string;
  /** Request headers. Values are text, numbers or booleans; what is undefined or null is left out. */
  header?: Record<string, any>;
  /** Milliseconds; 0 is the default, 60000. */
  timeout?: number;
  enableProfile?: boolean;
  enableHttp2?: boolean;
  enableQuic?: boolean;
  fail?: Callback<FailCallbackResult>;
  complete?: Callback<FailCallbackResult>;
}

export interface UploadFileOption extends TransferOption {
  /** The file to send. */
  filePath: string;
  /** The form key of the file. */
  name: string;
  /** Further form fields, sent before the file in the order given. */
  formData?: Record<string, any>;
  success?: Callback<UploadFileSuccessCallbackResult>;
}

export interface DownloadFileOption extends TransferOption {
  /** Where to store the file; without it a temporary file is made. */
  filePath?: string;
  success?: Callback<DownloadFileSuccessCallbackResult>;
}

export interface SuccessCallbackResult extends GeneralCallbackResult {
  statusCode: number;
  /** Names as the server sent them; repeated ones joined by commas. */
  header?: Record<string, string>;
  /** Each Set-Cookie value by itself. */
  cookies?: string[];
  profile: RequestProfile;
}

export interface UploadFileSuccessCallbackResult extends SuccessCallbackResult {
  /** The response's body as text, never parsed. */
  data: string;
}

export interface DownloadFileSuccessCallbackResult extends SuccessCallbackResult {
  tempFilePath: string;
  filePath: string;
  /** Bytes written to the file. */
  dataLength?: number;
}

export interface HeadersReceivedResult {
  header: Record<string, any>;
}

export interface UploadProgress {
  /** Whole percent. */
  progress: number;
  totalBytesSent: number;
  /** Bytes of the whole body. */
  totalBytesExpectedToSend: number;
}

export interface DownloadProgress {
  /** Whole percent; 0 while the total is unknown. */
  progress: number;
  totalBytesWritten: number;
  /** 0 while unknown. */
  totalBytesExpectedToWrite: number;
}

/** The methods need no `this`. */
export interface TransferTask<Progress> {
  abort(): void;
  onProgressUpdate(listener: Callback<Progress>): void;
  /** Without a listener all are removed. */
  offProgressUpdate(listener?: Callback<Progress>): void;
  onHeadersReceived(listener: Callback<HeadersReceivedResult>): void;
  /** Without a listener all are removed. */
  offHeadersReceived(listener?: Callback<HeadersReceivedResult>): void;
}

export type UploadTask = TransferTask<UploadProgress>;
export type DownloadTask = TransferTask<DownloadProgress>;

/** What ferry adds to a host's `wx`. */
export interface Wx {
  uploadFile(option: UploadFileOption): UploadTask;
  downloadFile(option: DownloadFileOption): DownloadTask;
}

/** An engine's handle of a transfer, never 0. */
export type Handle = number;

/** What wx.js asks of the host's engine; README.md says what each does. */
export interface Native {
  start(kind: 'upload' | 'download', request: NativeRequest, tell: NativeTell): Handle | 0;
  abort(handle: Handle): void;
  listen(handle: Handle, event: 'progress' | 'headers', on: boolean): void;
  later(job: () => void): void;
  report(error: unknown): void;
}

/** Checked and complete: every field is there, text is well-formed and, form values apart, without NUL. */
export interface NativeRequest {
  url: string;
  /** '' for a download without filePath. */
  filePath: string;
  /** '' for a download. */
  name: string;
  /** name, value, name, value … */
  header: string[];
  /** name, value, name, value …; empty for a download. */
  form: string[];
  /** Whole milliseconds; 0 the default; negative: to be refused. */
  timeout: number;
  enableProfile: boolean;
  enableHttp2: boolean;
  enableQuic: boolean;
}

export interface NativeTell {
  (event: 'progress', percent: number, transferred: number, expected: number): void;
  /** name, value, name, value …, repeated names joined. */
  (event: 'headers', header: string[]): void;
  (event: 'end', details: NativeEnd): void;
}

export interface NativeEnd {
  /** 0: a success. */
  errno: number;
  errMsg: string;
  statusCode: number;
  header: string[];
  cookies: string[];
  data: string;
  tempFilePath?: string;
  filePath?: string;
  dataLength: number;
  profile?: Omit<RequestProfile, 'httpDNSDomainLookUpStart' | 'httpDNSDomainLookUpEnd'>;
}

/** The value of the script wx.js. */
export type FerryWx = (native: Native) => Wx;
