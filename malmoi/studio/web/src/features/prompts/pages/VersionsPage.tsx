import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useLanguage } from '../../../i18n/language'
import { Choice } from '../../../ui/Choice'
import { Diff } from '../../../ui/Diff/Diff'
import { Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'
import css from '../play.module.css'
import { savedPrompt, version, versionPages } from '../queries'
import { readable } from '../readable'

const FROM = '/prompts/$prompt/versions'

/** What changed between any two versions; the address says which two. */
export default function VersionsPage() {
  const { t } = useLanguage()
  const { prompt: id } = useParams({ from: FROM })
  const query = useQuery(savedPrompt(id))
  return (
    <Page title={t('prompts.compare_of', { title: query.data?.title ?? '' })}>
      <p>
        <Link to="/prompts/$prompt" params={{ prompt: id }} className="back">
          ← {query.data?.title ?? t('prompts.title')}
        </Link>
      </p>
      <Loaded query={query}>{({ n }) => <Compared id={id} newest={n} />}</Loaded>
    </Page>
  )
}

function Compared({ id, newest }: { id: string; newest: number }) {
  const { t } = useLanguage()
  const navigate = useNavigate()
  const search = useSearch({ from: FROM })
  const after = Math.min(search.with ?? newest, newest)
  const before = Math.min(search.base ?? Math.max(1, after - 1), newest)
  const rows = useInfiniteQuery(versionPages(id)).data?.pages.flatMap(({ versions }) => versions) ?? []
  const numbers = [...new Set([...rows.map(({ n }) => n), before, after])].sort((one, other) => other - one)
  const messages = new Map(rows.map(({ n, message }) => [n, message]))
  const options = numbers.map((n) => ({
    id: `${n}`,
    name: `${t('prompts.version', { n })} ${messages.get(n) ?? ''}`.trim(),
  }))
  const go = (part: { base?: number; with?: number }) =>
    void navigate({ to: FROM, params: { prompt: id }, search: { base: before, with: after, ...part }, replace: true })
  const old = useQuery(version(id, before))
  const fresh = useQuery(version(id, after))
  return (
    <div className={css.form ?? ''}>
      <div className={css.row ?? ''}>
        <Choice
          label={t('prompts.base')}
          options={options}
          value={`${before}`}
          onChange={(n) => go({ base: Number(n) })}
        />
        <Choice
          label={t('prompts.with')}
          options={options}
          value={`${after}`}
          onChange={(n) => go({ with: Number(n) })}
        />
      </div>
      <Loaded query={old}>
        {(one) => (
          <Loaded query={fresh}>
            {(other) => (
              <Diff
                before={readable(one.body, t)}
                after={readable(other.body, t)}
                names={[t('prompts.version', { n: before }), t('prompts.version', { n: after })]}
              />
            )}
          </Loaded>
        )}
      </Loaded>
    </div>
  )
}
