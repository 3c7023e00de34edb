from tests.integration.manage.conftest import *
def test_pages(client, forum, enrol, make_event):
    a=enrol(forum, class_draft(forum,0,"Manon Lambert")); enrol(forum, person_draft(forum,1,"Hugo Dupont"))
    s=forum.slug
    bad=[]
    for p in ["/manage/","/manage/events","/manage/events?q=talents","/manage/events?q=zzz","/manage/events/new","/manage/events/new?kind=forum","/manage/events/new?kind=webinar","/manage/events/new?kind=training",f"/manage/events/{s}",f"/manage/events/{s}?day=2027-02-05",f"/manage/events/{s}/edit",*[f"/manage/events/{s}/edit/{k}" for k in "basics place audiences waves limits spaces route registration texts project".split()],f"/manage/events/{s}/cancel",f"/manage/events/{s}/registrations",f"/manage/events/{s}/registrations?q=lambrt",f"/manage/events/{s}/registrations?q=lambert&status=confirmed&arrival=nobody&day=2027-02-04",f"/manage/events/{s}/registrations/{a.reference}",f"/manage/events/{s}/registrations/{a.reference}/change",f"/manage/events/{s}/registrations/{a.reference}/cancel",f"/manage/events/{s}/registrations/{a.reference}/ticket",f"/manage/events/{s}/registrations/new","/manage/projects","/manage/projects/new","/manage/jobs","/manage/messages",f"/manage/messages?event={s}","/manage/search?q=lambert","/manage/search?q=talents","/manage/search"]:
        try:
            r=client.get(p)
            if r.status_code not in (200,302): bad.append((p,r.status_code))
        except Exception as e:
            bad.append((p,repr(e)[:300]))
    assert not bad, "\n".join(map(str,bad))
