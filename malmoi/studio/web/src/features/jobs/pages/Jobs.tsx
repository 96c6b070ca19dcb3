import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useLanguage } from '../../../i18n/language'
import { Button, buttonLook } from '../../../ui/Button/Button'
import { EmptyState } from '../../../ui/EmptyState/EmptyState'
import { Icon } from '../../../ui/Icon'
import { JobRow } from '../../../ui/JobRow/JobRow'
import { Loaded } from '../../../ui/Loaded'
import { Page } from '../../../ui/Page'
import { JobActs } from '../JobActs'
import { jobs } from '../queries'
import { factsOf, shareOf, TONES } from '../said'
import type { Job } from '../../../api/schema'

/** All long work of this studio, the newest first. */
export default function Jobs() {
  const { t } = useLanguage()
  const query = useInfiniteQuery(jobs())
  const begin = (
    <Link to="/jobs/new" className={buttonLook({ kind: 'main' })}>
      <Icon name="add" />
      {t('jobs.new')}
    </Link>
  )
  return (
    <Page title={t('jobs.title')}>
      <Loaded query={query} lines={8}>
        {({ pages }) => {
          const list = pages.flatMap((page) => page.jobs)
          if (list.length === 0) {
            return (
              <EmptyState icon="jobs" title={t('jobs.none')} act={begin}>
                {t('jobs.none_how')}
              </EmptyState>
            )
          }
          return (
            <>
              <div className="toolbar">
                <p className="quiet">{t('jobs.lead')}</p>
                <span className="toolbar-space" />
                {begin}
              </div>
              <ul className="plain-list">
                {list.map((job) => (
                  <Row key={job.id} job={job} />
                ))}
              </ul>
              {query.hasNextPage && (
                <Button isPending={query.isFetchingNextPage} onPress={() => void query.fetchNextPage()}>
                  {t('jobs.more')}
                </Button>
              )}
            </>
          )
        }}
      </Loaded>
    </Page>
  )
}

function Row({ job }: { job: Job }) {
  const { t, named, language } = useLanguage()
  const name = `${named('jobs.command', job.command)} · ${job.run}`
  const share = shareOf(job)
  return (
    <JobRow
      title={
        <Link to="/jobs/$job" params={{ job: job.id }}>
          {name}
        </Link>
      }
      name={name}
      tone={TONES[job.state]}
      state={t(`jobs.state.${job.state}`)}
      {...(share !== undefined && { share })}
      facts={factsOf(job, t, language).join(' · ')}
      acts={<JobActs job={job} />}
    />
  )
}
