import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from '@tanstack/react-router'
import { corpus, runs } from '../../../api/queries'
import type { Corpus, RunSummary } from '../../../api/schema'
import { useLanguage } from '../../../i18n/language'
import { Empty, Loaded } from '../../../ui/Loaded'
import { RunChoice } from '../RunChoice'
import { Page } from '../../../ui/Page'
import { Flow } from '../Flow'
import { LookUp } from '../LookUp'
import { Makeup } from '../Makeup'
import { Samples } from '../Samples'

/** What went into a run's corpus, what stayed, and why the rest did not. */
export default function CorpusPage() {
  const { run } = useParams({ strict: false })
  const { t } = useLanguage()
  return (
    <Page title={t('rail.corpus')}>
      <Loaded query={useQuery(runs())} lines={10}>
        {(list) => {
          const name = run ?? list.find(hasCorpus)?.name
          return name ? (
            <OfRun runs={list} run={name} />
          ) : (
            <Empty title={t('corpus.none')}>
              {t('corpus.none_how')} <BuildLink />
            </Empty>
          )
        }}
      </Loaded>
    </Page>
  )
}

function hasCorpus(run: RunSummary): boolean {
  return run.stages.some((stage) => stage.name === 'corpus' && stage.status === 'finished')
}

function BuildLink({ run }: { run?: string }) {
  const { t } = useLanguage()
  return (
    <Link to="/jobs/new" search={{ command: 'corpus', run }} className="button">
      {t('corpus.build')}
    </Link>
  )
}

function OfRun({ runs: list, run }: { runs: RunSummary[]; run: string }) {
  const { t } = useLanguage()
  const query = useQuery(corpus(run))
  const reported = list.some(
    ({ name, stages }) =>
      name === run && stages.some((stage) => stage.name === 'report' && stage.status === 'finished'),
  )
  return (
    <>
      <div className="toolbar">
        <RunChoice runs={list} run={run} />
        <span className="toolbar-space" />
        <BuildLink run={run} />
        {reported && (
          <a className="button" href={`/api/runs/${encodeURIComponent(run)}/report`} target="_blank" rel="noreferrer">
            {t('corpus.report')}
          </a>
        )}
      </div>
      <Loaded query={query} lines={10}>
        {(data: Corpus) => (
          <>
            <Flow corpus={data} />
            <Makeup run={run} corpus={data} />
            <LookUp key={`look-${run}`} run={run} />
            <Samples key={run} run={run} corpus={data} />
          </>
        )}
      </Loaded>
    </>
  )
}
