import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { corpus, runs } from '../../api/queries'
import type { Corpus, RunSummary } from '../../api/schema'
import { useLanguage } from '../../i18n/language'
import { buttonLook } from '../../ui/Button/Button'
import { EmptyState } from '../../ui/EmptyState/EmptyState'
import { Loaded } from '../../ui/Loaded'
import { Page } from '../../ui/Page'
import { Tabs } from '../../ui/Tabs/Tabs'
import { Toolbar } from '../../ui/Toolbar/Toolbar'
import { RunChoice } from './RunChoice'

type Place = 'summary' | 'documents'

interface Props {
  /** Left out: the newest run that has a corpus. */
  run: string | undefined
  place: Place
  children: (run: string, corpus: Corpus) => ReactNode
}

/** What both pages of a corpus have: which run it is of, the way between its numbers and its documents. */
export function CorpusFrame({ run, place, children }: Props) {
  const { t } = useLanguage()
  return (
    <Page title={t('rail.corpus')}>
      <Loaded query={useQuery(runs())} lines={10}>
        {(list) => {
          const name = run ?? list.find(hasCorpus)?.name
          if (name) return <OfRun runs={list} run={name} place={place} show={children} />
          return (
            <EmptyState
              icon="corpus"
              title={t('corpus.none')}
              act={
                <Link to="/jobs/new" search={{ command: 'corpus' }} className={buttonLook({ kind: 'main' })}>
                  {t('corpus.build')}
                </Link>
              }
            >
              {t('corpus.none_how')}
            </EmptyState>
          )
        }}
      </Loaded>
    </Page>
  )
}

function hasCorpus(run: RunSummary): boolean {
  return isFinished(run, 'corpus')
}

function isFinished({ stages }: RunSummary, stage: 'corpus' | 'report'): boolean {
  return stages.some(({ name, status }) => name === stage && status === 'finished')
}

interface OfRunProps {
  runs: RunSummary[]
  run: string
  place: Place
  show: Props['children']
}

function OfRun({ runs: list, run, place, show }: OfRunProps) {
  const { t } = useLanguage()
  const navigate = useNavigate()
  const query = useQuery(corpus(run))
  const chosen = list.find(({ name }) => name === run)
  const content = (
    <Loaded query={query} lines={10}>
      {(data: Corpus) => show(run, data)}
    </Loaded>
  )
  const links = (
    <>
      <Link to="/jobs/new" search={{ command: 'corpus', run }} className={buttonLook()}>
        {t('corpus.build')}
      </Link>
      {chosen && isFinished(chosen, 'report') && (
        <a
          className={buttonLook()}
          href={`/api/runs/${encodeURIComponent(run)}/report`}
          target="_blank"
          rel="noreferrer"
        >
          {t('corpus.report')}
        </a>
      )}
    </>
  )
  return (
    <>
      <Toolbar end={links}>
        <RunChoice runs={list.filter(hasCorpus)} run={run} place={place} />
      </Toolbar>
      <Tabs
        label={t('rail.corpus')}
        value={place}
        onChange={(to) =>
          void (to === 'summary'
            ? navigate({ to: '/corpora/$run', params: { run } })
            : navigate({ to: '/corpora/$run/documents/{-$id}', params: { run } }))
        }
        tabs={[
          { id: 'summary', name: t('corpus.summary'), content },
          { id: 'documents', name: t('corpus.documents'), content },
        ]}
      />
    </>
  )
}
