import { ApiError } from "./api/client";
import type { Texts } from "./i18n/en";
import { useLanguage } from "./i18n/language";

/** What a person can do about a failure, in their language; what the API says about fields follows as it is. */
export function explain(error: unknown, texts: Texts): string {
  if (!(error instanceof ApiError)) return texts.problems.server;
  const { problems } = texts;
  switch (error.status) {
    case 0:
      return problems.offline;
    case 401:
      return problems.unauthorized;
    case 404:
      return problems.notFound;
    case 412:
      return problems.conflict;
    case 429:
      return problems.tooMany(error.retryAfterSeconds);
    default:
      return error.status >= 500 ? problems.server : error.message;
  }
}

interface Props {
  error: unknown;
  onRetry?: (() => void) | undefined;
}

/** A failure as a message, with what is wrong with which field and the reference for support. */
export function ProblemNotice({ error, onRetry }: Props) {
  const { texts } = useLanguage();
  const problem = error instanceof ApiError ? error.problem : null;
  return (
    <div className="problem" role="alert">
      <p>{explain(error, texts)}</p>
      {problem?.errors && problem.errors.length > 0 && (
        <ul>
          {problem.errors.map((fault) => (
            <li key={`${fault.pointer} ${fault.message}`}>
              <code>{fault.pointer}</code> {fault.message}
            </li>
          ))}
        </ul>
      )}
      {problem?.requestId && <p className="fine">{texts.problems.reference(problem.requestId)}</p>}
      {onRetry && (
        <button type="button" className="quiet" onClick={onRetry}>
          {texts.tryAgain}
        </button>
      )}
    </div>
  );
}
