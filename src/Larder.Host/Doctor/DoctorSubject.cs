using System.Collections.Immutable;
using Larder.Host.Cli;
using Larder.Management.Contracts;
using Larder.Model.Installation;

namespace Larder.Host.Doctor;

/// <summary>The installation that is looked at.</summary>
/// <param name="Home">Its home.</param>
/// <param name="Ports">Its ports.</param>
/// <param name="Daemon">Its daemon, or <c>null</c> where none runs or answers.</param>
/// <param name="Caches">Its caches, as far as a daemon told; else empty.</param>
internal sealed record DoctorSubject(LarderHome Home, InstallationPorts Ports, InstallationView? Daemon, ImmutableArray<CacheView> Caches);
